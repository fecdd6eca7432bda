"""Killed at any moment, a run leaves nothing: no process, namespace, card, rule or container."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from netsonde.runtime._ledger import Owner, _read_owner
from tests.runtime.stand_in import stored

pytestmark = [pytest.mark.root, pytest.mark.tun]

#: Seconds in which the kernel, or an engine, has removed what was a run's.
GONE_S = 30.0
#: Moments after the start of a run, in seconds, at which it is killed.
MOMENTS_S = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0)

_RUN = """
import asyncio, sys
from pathlib import Path
from netsonde.image import Store, Trust
from netsonde.runtime import HostNetwork, LabNetwork, Runtime
from tests.runtime.stand_in import asked, lab
name, where, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
async def main():
    network = LabNetwork(lab()) if where == "lab" else HostNetwork()
    store = Store(folder / "images", Trust(folder / "keys"))
    runtime = Runtime(name, network, image="stand-in", store=store)
    job = asked("wait")
    print("ready", flush=True)
    async with runtime.start(job) as run:
        async for event in run:
            print("runs", flush=True)
asyncio.run(main())
"""


@pytest.fixture
def space() -> Iterator[str]:
    """Return a namespace that plays this host, and forwards."""
    name = f"sondekill{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    within = ["ip", "netns", "exec", name]
    subprocess.run([*within, "sysctl", "-qw", "net.ipv4.ip_forward=1"], check=True)
    yield name
    subprocess.run(["ip", "netns", "delete", name], check=True)


def begun(name: str, where: str, folder: Path, within: list[str]) -> subprocess.Popen[str]:
    """Start a run that goes on until it is stopped; it is about to begin."""
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder / "run"), "PYTHONPATH": "."}
    process = subprocess.Popen(
        [*within, sys.executable, "-c", _RUN, name, where, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def shown(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def stand_ins() -> list[int]:
    """Return the processes that run the stand-in, or hold rules for a run."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            try:
                command = (path / "cmdline").read_bytes()
            except OSError:
                continue
            if b"eof=stop\0" in command or command.startswith((b"/usr/sbin/nft\0--int",)):
                found.append(int(path.name))
    return found


def gone(what: Callable[[], object]) -> bool:
    """Wait until a question has an empty answer."""
    waiting = threading.Event()
    for _ in range(int(GONE_S / 0.1)):
        if not what():
            return True
        waiting.wait(0.1)
    return False


def test_the_kernel_removes_a_killed_run_s_network(space: str, tmp_path: Path) -> None:
    stored(tmp_path)
    within = ["ip", "netns", "exec", space]
    made = set()
    for moment_s in MOMENTS_S:
        process = begun("process", "host", tmp_path, within)
        threading.Event().wait(moment_s)
        made |= set(shown(*within, "nft", "list", "tables").split())
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert gone(partial(shown, *within, "nft", "list", "tables")), moment_s
        assert gone(partial(shown, *within, "ip", "-o", "link", "show", "type", "veth")), moment_s
        assert gone(stand_ins), moment_s
    assert "netsonde_nsonde0" in made, "no run came as far as its rules: the moments are too early"


@pytest.mark.parametrize("engine", ["podman"])
def test_a_killed_run_s_container_is_removed(engine: str, tmp_path: Path) -> None:
    stored(tmp_path)
    ours = ["--all", "--filter", "label=netsonde.owner", "--format"]

    def left() -> list[Owner]:
        lines = shown(engine, "ps", *ours, '{{.Label "netsonde.owner"}}').split()
        owners = [owner for line in lines if (owner := _read_owner(line))]
        return [owner for owner in owners if not owner.is_alive()]

    for moment_s in (0.3, 0.8, None):
        process = begun(engine, "lab", tmp_path, [])
        assert process.stdout
        if moment_s is None:
            assert process.stdout.readline() == "runs\n"
        else:
            threading.Event().wait(moment_s)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path / "run")}
        clean = "from netsonde.cli import main; main(['runtime', 'clean'])"
        subprocess.run([sys.executable, "-c", clean], check=True, env=environment)
        assert gone(left), moment_s
        assert gone(stand_ins), moment_s
    assert list((tmp_path / "run" / "netsonde" / "runs").iterdir()) == []
