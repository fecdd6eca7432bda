"""Ended at any moment and in any way, a run leaves nothing.

No process, namespace, card, rule, mount or temporary file; and no container, at the latest after
`netsonde runtime clean`.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from itertools import cycle

import pytest

from tests.system.killed import GONE_S, Ended, Runs, works

pytestmark = [pytest.mark.root, pytest.mark.tun]

#: Moments at which a run of each kind is ended: more for a soak test.
MOMENTS = int(os.environ.get("NETSONDE_KILL_MOMENTS", "6"))
#: How much later than its line the signal comes: programs that were started go on meanwhile.
DELAYS_S = (0, 0.01, 0, 0.05, 0, 0.15)

ADDRESS = "198.18.9.1"
WHERE = {
    "lab": ("5.2.0.1", "--lab", "plain"),
    "host": (ADDRESS, "--allow-special-purpose"),
}
SHORT = ("ping", "-c", "1")
LONG = ("ping", "-c", "999", "--interval-ms", "50")
RUNTIMES = ("process", "podman", "docker", "unikernel")
#: How often a run may end before its moment.
TRIES = 3
#: How the programs of each runtime can be told, to end them.
PROGRAMS = {"process": "eof=stop", "unikernel": "qemu-system", "podman": "conmon"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Return what starts runs in a namespace that plays this host, forwards and answers."""
    space = f"sondekill{os.getpid()}"
    subprocess.run(["ip", "netns", "add", space], check=True)
    try:
        within = ["ip", "netns", "exec", space]
        forwarding = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        subprocess.run([*within, "sysctl", "-qw", *forwarding], check=True)
        subprocess.run([*within, "ip", "link", "set", "lo", "up"], check=True)
        subprocess.run([*within, "ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"], check=True)
        runs = Runs(tmp_path_factory.mktemp("killed"), space)
        # The first one signs the image of this installation.
        assert runs.ended("ping", "-c", "1", *WHERE["lab"], "--runtime", "process").status == 0
        yield runs
        runs.close()
    finally:
        subprocess.run(["ip", "netns", "delete", space], check=True)


def containers(ended: Ended) -> list[str]:
    """Return the containers of a run that are there still, running or not."""
    found = []
    for engine in ("podman", "docker"):
        if works(engine):
            shown = [engine, "ps", "--all", "--format", "{{.Names}}"]
            for _ in range(5):  # Podman fails when one is removed while it looks
                done = subprocess.run(shown, check=False, capture_output=True, text=True)
                if done.returncode == 0:
                    break
            assert done.returncode == 0, done.stderr
            found += [name for name in done.stdout.split() if f".{ended.pid}-" in name]
    return found


def moments(runs: Runs, *words: str) -> list[int]:
    """Return lines that are spread evenly over a whole run."""
    whole = runs.ended(*words)
    assert whole.status in (0, 3), whole.output  # a busy machine loses a reply
    assert whole.left == []
    assert whole.lines > 100 * 2
    return [whole.lines * number // MOMENTS + 1 for number in range(MOMENTS)]


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_killed_run_leaves_nothing(runs: Runs, runtime: str, where: str) -> None:
    if not works(runtime):
        pytest.skip(f"{runtime} does not work here")
    words = (*WHERE[where], "--runtime", runtime)
    before, delays, killed = runs.inventory(), cycle(DELAYS_S), 0
    lines = moments(runs, *SHORT, *words)
    for line in lines:
        delay_s = next(delays)
        is_contained = runtime in ("podman", "docker")
        # What is started would soon end by itself in a short run; only such a one tears down.
        is_long = line <= lines[MOMENTS * 2 // 3]
        ended = runs.ended(
            *(LONG if is_long else SHORT),
            *words,
            line=line,
            number=signal.SIGKILL,
            delay_s=delay_s,
            gone_s=0.5 if is_contained else GONE_S,
        )
        killed += ended.status < 0
        if is_contained:
            # Killed between making and starting a container, Podman leaves its processes, too.
            runs.clean()
            assert containers(ended) == [], (line, delay_s)
            assert runs.notes() == [], (line, delay_s)
        else:
            assert ended.left == [], (line, delay_s)
        assert runs.leaves(before) == {}, (line, delay_s)
    assert killed > MOMENTS / 2, "most runs ended before their moment: they are no moments of runs"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_interrupted_run_leaves_nothing(
    runs: Runs, runtime: str, number: signal.Signals
) -> None:
    if not works(runtime):
        pytest.skip(f"{runtime} does not work here")
    words = (*WHERE["host"], "--runtime", runtime)
    before = runs.inventory()
    lines = runs.ended("ping", "-c", "1", *words, threads=False).lines
    for share in (0.3, 0.6, 0.9):
        ended = interrupted(runs, words, number, share, lines)
        assert ended.status == 130, ended.output
        assert ended.left == []
        assert containers(ended) == []
        assert runs.notes() == []
        assert runs.leaves(before) == {}


def interrupted(
    runs: Runs, words: Sequence[str], number: signal.Signals, share: float, lines: int
) -> Ended:
    """Interrupt a run at a share of its lines."""
    for _ in range(TRIES):
        line = int(lines * share)
        ended = runs.ended("ping", "-c", "9", *words, line=line, number=number, threads=False)
        # On a busy host a run looks again, or starts its container twice: the next has fewer lines.
        if ended.status != 0 or ended.lines >= line:
            break
        lines = ended.lines
    return ended


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_run_whose_program_is_killed_says_so(runs: Runs, runtime: str) -> None:
    if not works(runtime):
        pytest.skip(f"{runtime} does not work here")
    before = runs.inventory()
    if runtime == "docker":
        ask = ["docker", "ps", "--format", "{{.Names}}"]
        names = f"subprocess.run({ask}, capture_output=True, text=True).stdout.split()"
        shown = f"[one for one in {names} if f'.{{pid}}-' in one]"
        end = "subprocess.run(['docker', 'kill', one], check=True, capture_output=True)"
    else:
        shown = f"[one for one, words in children().items() if {PROGRAMS[runtime]!r} in words]"
        end = "os.kill(one, 9)"
    then = f"""
import contextlib, os, subprocess, time
for _ in range(1000):
    if {shown}:
        time.sleep(0.5)
        for one in {shown}:
            with contextlib.suppress(ProcessLookupError):
                {end}
        break
    time.sleep(0.01)
"""
    words = ("ping", "-c", "99", *WHERE["host"], "--runtime", runtime)
    ended = runs.ended(*words, then=then)
    assert ended.status == 4, ended.output
    assert "error: " in ended.output
    assert "Traceback" not in ended.output
    assert ended.left == []
    assert containers(ended) == []
    assert runs.notes() == []
    assert runs.leaves(before) == {}
