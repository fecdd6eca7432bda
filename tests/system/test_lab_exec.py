"""Unmodified programs in a live lab: they run, end as they would, and leave nothing behind."""

import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from netsonde.lab import Lab, Topology, load, run
from netsonde.model import HostError

pytestmark = [pytest.mark.root, pytest.mark.tun]

TIMEOUT_S = 60


def need(program: str) -> None:
    if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
        pytest.skip(f"needs {program}")


def netsonde(*arguments: str) -> list[str]:
    code = "import sys; from netsonde.cli import main; main(sys.argv[1:])"
    return [sys.executable, "-c", code, *arguments]


def processes(mark: str) -> list[int]:
    """Return the processes whose command line holds `mark`."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and mark.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


def is_gone(pid: int) -> bool:
    """Wait for a process that is dying: that takes the kernel a moment."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ready, _, _ = select.select([descriptor], [], [], 10)
    os.close(descriptor)
    return bool(ready)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["ping", "-n", "-c", "1", "5.2.0.1"], "1 received"),
        (["ping", "-n", "-6", "-c", "1", "host"], "1 received"),
        (["traceroute", "-n", "5.2.0.1"], " 5  5.2.0.1"),
        (["traceroute", "-n", "-6", "2a00:5:2::1"], " 5  2a00:5:2::1"),
        (["traceroute", "5.2.0.1"], "pe2 (5.1.5.2)"),
        (["mtr", "-n", "-r", "-c", "1", "-G", "1", "5.2.0.1"], "5.2.0.1"),
        (["scamper", "-c", "trace -P icmp-paris", "-i", "5.2.0.1"], "5.2.0.1"),
        ([*netsonde("tnt", "5.2.0.1")], "3 hidden routers"),
    ],
    ids=lambda part: " ".join(part[:3]) if isinstance(part, list) else "",
)
def test_programs_run(command: list[str], expected: str) -> None:
    need(command[0])
    ended = run(load("invisible-php"), command, timeout_s=TIMEOUT_S)
    assert ended.status == 0, ended.stderr
    assert expected in ended.stdout


def test_the_status_is_the_program_s() -> None:
    lab = load("plain")
    assert run(lab, ["sh", "-c", "exit 7"], timeout_s=TIMEOUT_S).status == 7
    assert run(lab, ["sh", "-c", "kill -KILL $$"], timeout_s=TIMEOUT_S).status == 137
    assert run(lab, ["no-such-program"], timeout_s=TIMEOUT_S).status == 127


def test_exec_becomes_the_program_and_tells_seed_and_digest() -> None:
    need("ping")
    command = netsonde("lab", "exec", "plain", "--seed", "5", "--", "ping", "-c", "1", "5.2.0.1")
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert done.returncode == 0
    assert "1 received" in done.stdout
    assert "lab: plain, seed 5, digest " in done.stderr


def test_root_without_its_capabilities_gets_a_user_namespace() -> None:
    need("ping")
    need("setpriv")
    command = netsonde("lab", "exec", "-q", "plain", "--", "ping", "-c", "1", "5.2.0.1")
    done = subprocess.run(
        ["setpriv", "--bounding-set=-sys_admin,-net_admin", *command],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    if done.returncode == HostError.exit_status and "namespaces" in done.stderr:
        pytest.skip("user namespaces are refused here")
    assert done.returncode == 0, done.stderr
    assert "1 received" in done.stdout


def test_two_attachments_are_two_interfaces() -> None:
    need("ping")
    topology = Topology().node("host", role="host").chain("a", "b", "host")
    topology.attach("vp", node="a").attach("vq", node="b")
    script = "ping -c1 -I vp 5.2.0.1 | grep ttl= && ping -c1 -I vq 5.2.0.1 | grep ttl="
    ended = run(Lab(topology), ["sh", "-c", script], attachments=["vp", "vq"], timeout_s=TIMEOUT_S)
    assert ended.status == 0, ended.stderr
    ttls = [line.partition("ttl=")[2].split()[0] for line in ended.stdout.splitlines()]
    assert ttls == ["62", "63"]


def test_a_python_node_goes_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("ping")
    (tmp_path / "relay.py").write_text(
        "class Relay:\n"
        "    def handle(self, now_ns, interface, packet):\n"
        "        return [(0, 3 - interface, packet)]\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    topology = Topology(families=[4]).node("odd", handler="relay:Relay").node("h", role="host")
    topology.chain("odd", "r1", "h").attach("vp", node="odd")
    ended = run(Lab(topology), ["ping", "-c", "1", "5.2.0.1"], timeout_s=TIMEOUT_S)
    assert "1 received" in ended.stdout, ended.stderr


@pytest.fixture
def sleeper() -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """Start a live lab in which a detached grandchild sleeps; the mark names it."""
    mark = f"31536{os.getpid()}"
    script = f"setsid sleep {mark} & echo up; wait"
    command = netsonde("lab", "exec", "-q", "plain", "--", "sh", "-c", script)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield process, mark
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killing_it_leaves_nothing_behind(
    sleeper: tuple["subprocess.Popen[bytes]", str], number: signal.Signals
) -> None:
    process, mark = sleeper
    assert processes(mark)
    process.send_signal(number)
    process.wait(TIMEOUT_S)
    assert all(map(is_gone, processes(mark)))
    assert not processes(mark)


def test_a_timeout_ends_everything() -> None:
    mark = f"27182{os.getpid()}"
    with pytest.raises(TimeoutError):
        run(load("plain"), ["sh", "-c", f"sleep {mark} & sleep {mark}"], timeout_s=2)
    assert all(map(is_gone, processes(mark)))


@pytest.mark.parametrize("target", ["5.2.0.1", "2a00:5:2::1"])
def test_labels_show_without_privilege(target: str) -> None:
    """Over IPv4 the lab's routers fill short quotes up with zeros before the labels."""
    measured = netsonde("trace", target, "--privilege", "none")
    done = subprocess.run(
        netsonde("lab", "exec", "explicit-php", "--", *measured),
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("L=16") == 3, done.stdout
