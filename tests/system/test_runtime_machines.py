"""Machines with a Linux kernel give the hops of all runtimes, and leave nothing.

The microVM is made of Debian's packages and boots in every run. The whole Debian takes minutes to
make: `NETSONDE_TEST_VM=1` has it made, and booted.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from netsonde.aio import tnt
from netsonde.image import Store, build, ready
from netsonde.lab import load
from netsonde.measure import choose, job, request
from netsonde.model import Done, Event, Kind, Start, Target
from netsonde.runtime import (
    LabNetwork,
    Limits,
    Runtime,
    RuntimeName,
    RuntimeVantage,
    build_machine,
)
from netsonde.runtime._microvm import microvm
from netsonde.runtime._vm import vm
from tests.runtime.stand_in import asked
from tests.runtime.stand_in import lab as plain
from tests.system.killed import gone
from tests.system.pair import Pair
from tests.system.test_runtime import seen

pytestmark = [pytest.mark.root, pytest.mark.tun]

_WITH_VM = os.environ.get("NETSONDE_TEST_VM") == "1"
MACHINES = ["microvm", *(["vm"] if _WITH_VM else [])]

_RUN = """
import asyncio, sys
from netsonde.runtime import LabNetwork, Runtime
from tests.runtime.stand_in import asked, lab
async def main():
    async with Runtime(sys.argv[1], LabNetwork(lab())).start(asked()) as run:
        print(run.pid, flush=True)
        async for event in run:
            pass
asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))


@pytest.fixture(scope="module", params=MACHINES)
def machine(request: pytest.FixtureRequest) -> str:
    """Return a machine that is there: made if it was not, and kept for the next time."""
    name = str(request.param)
    asyncio.run(build_machine(name))
    return name


@pytest.mark.parametrize("version", [4, 6])
def test_the_hops_are_those_of_virtual_time(machine: str, version: int) -> None:
    lab = load("invisible-php-brpr")
    (target, *_) = [str(one) for one in lab.targets if one.version == version]

    async def both() -> tuple[object, object]:
        vantage = RuntimeVantage(Runtime(machine, LabNetwork(load("invisible-php-brpr"))))
        return seen(await tnt(target, vantage=lab)), seen(await tnt(target, vantage=vantage))

    expected, found = asyncio.run(both())
    assert found == expected


def test_behind_this_host_replies_find_the_way_back(machine: str, forwarding_pair: Pair) -> None:
    ran = forwarding_pair.pings_behind(machine)
    assert (ran["name"], ran["engine"][:5]) == (machine, "qemu-")


def test_it_is_the_same_image(machine: str) -> None:
    digest = build(Store()).digest

    async def begin() -> Start:
        runtime = Runtime(RuntimeName(machine), LabNetwork(plain()))
        async with runtime.start(asked()) as run:
            async for event in run:
                assert isinstance(event, Start)
                return event
        raise AssertionError("it had a first event")

    start = asyncio.run(begin())
    assert start.runtime is not None
    assert start.runtime.image == digest


def test_stop_ends_it_with_what_it_has(machine: str) -> None:
    vantage = choose(plain())
    target = Target(address="5.2.0.1", source=vantage.source("5.2.0.1"))
    long = job(request(Kind.PING, {"count": 1_000}), vantage, [target])

    async def stopped() -> list[Event]:
        found = []
        async with Runtime(machine, LabNetwork(plain())).start(long) as run:
            async for event in run:
                found.append(event)
                if len(found) == 2:
                    run.stop()
        return found

    events = asyncio.run(stopped())
    last = events[-1]
    assert isinstance(last, Done)
    assert 0 < last.counters.sent < 1_000


def test_killed_it_leaves_no_process_and_no_file(machine: str) -> None:
    made = asyncio.run(build_machine(machine))
    before = {path: path.stat().st_mtime_ns for path in Path(made.path).iterdir()}
    for moment_s in (0.0, 1.0):
        process = subprocess.Popen(
            [sys.executable, "-c", _RUN, machine],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": "."},
        )
        assert process.stdout
        emulator = Path("/proc") / process.stdout.readline().strip()
        assert b"qemu-system" in (emulator / "cmdline").read_bytes()
        threading.Event().wait(moment_s)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert gone(emulator.exists), moment_s
    assert {path: path.stat().st_mtime_ns for path in Path(made.path).iterdir()} == before


def test_a_reader_that_stalls_at_the_end_loses_nothing(machine: str) -> None:
    """With the machine goes what its serial line holds still: nothing of the results."""
    made, network = asyncio.run(build_machine(machine)), LabNetwork(plain())
    start = vm if machine == "vm" else microvm
    output, has_stalled = b"", False
    source = choose(plain()).source("5.2.0.1")
    asked_for = request(Kind.PING, {"count": 5, "interval_ms": 10})
    task = job(asked_for, choose(plain()), [Target(address="5.2.0.1", source=source)])
    with (
        network.plug(frames=True) as card,
        start(made, ready(Store()), card, task, Limits()) as launch,
    ):
        ours, theirs = socket.socketpair()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # as few as there may be
        with ours, theirs:
            started = subprocess.Popen(
                launch.program,
                stdin=subprocess.PIPE,
                stdout=theirs.fileno(),
                close_fds=False,
                preexec_fn=launch.entrance(),  # noqa: PLW1509 - it takes no lock
                env=dict(launch.environment),
            )
            theirs.close()
            while taken := ours.recv(1 if b'"done"' in output else 1 << 16):
                output += taken
                if b'"duration_ns"' in output and not has_stalled:
                    # A few octets are missing yet: longer than a kernel waits at its end.
                    has_stalled = True
                    threading.Event().wait(3)
            started.communicate()
    (last,) = [line for line in output.splitlines() if b'"done"' in line]
    assert json.loads(last)["type"] == "done"
