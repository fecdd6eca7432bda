"""The process that parses what the network sends: what it is, and that nothing is left of it."""

import os
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.system.chain import NETSONDE, SILENT_V4, Chain

pytestmark = pytest.mark.root

SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
NONE = "0000000000000000"
LONG = ("--allow-special-purpose", "--count=100", "--interval-ms=100", "--json")


@contextmanager
def started(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start netsonde; yield it and the number of its engine's process."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as running:
        try:
            assert running.stdout is not None, "it was piped"
            assert '"start"' in running.stdout.readline()
            yield running, _child(running.pid)
        finally:
            running.kill()


def measuring(
    chain: Chain, *arguments: str
) -> AbstractContextManager[tuple[subprocess.Popen[str], int]]:
    """Start a long measurement of a silent target."""
    return started(chain.at(0, NETSONDE, "ping", SILENT_V4, *LONG, *arguments))


@pytest.mark.parametrize(
    ("options", "threads"),
    [
        (("--privilege=none",), "1"),
        (("--privilege=raw", "--link=raw"), "1"),
        # The one that sends frames was born without rights.
        (("--link=packet",), "2"),
    ],
)
def test_the_engine_has_no_rights(
    long_chain: Chain, options: tuple[str, ...], threads: str
) -> None:
    with measuring(long_chain, "--method=udp", *options) as (_, engine):
        status = _status(engine)
        open_files = {str(file.readlink()) for file in Path(f"/proc/{engine}/fd").iterdir()}
        environment = Path(f"/proc/{engine}/environ").read_bytes()
    assert [status[name] for name in SETS] == [NONE] * len(SETS)
    assert (status["NoNewPrivs"], status["Seccomp"], status["Threads"]) == ("1", "2", threads)
    assert status["Uid"].split() == status["Gid"].split() == ["65534"] * 4
    assert status["Groups"] == ""
    # Its pipes, its sockets and its signals; no file, no device.
    kinds = {name.partition(":")[0] for name in open_files}
    assert kinds == {"pipe", "socket", "anon_inode"}, open_files
    assert environment == b""


def test_root_of_a_user_namespace_has_no_rights_either() -> None:
    ping = " ".join((NETSONDE, "ping", "127.0.0.1", *LONG))
    inside = ("sh", "-c", f"ip link set lo up; exec {ping}")
    with started(["unshare", "--user", "--map-root-user", "--net", *inside]) as (_, engine):
        status = _status(engine)
    assert [status[name] for name in SETS] == [NONE] * len(SETS)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_an_interrupt_ends_it_with_what_there_is(long_chain: Chain) -> None:
    with measuring(long_chain) as (running, engine):
        running.send_signal(signal.SIGINT)
        printed, complaint = running.communicate(timeout=20)
        assert running.returncode == 130
    assert '"type":"done"' in printed.splitlines()[-1]
    assert "Traceback" not in complaint
    assert _is_gone(engine)


def test_it_dies_with_its_parent(long_chain: Chain) -> None:
    with measuring(long_chain) as (running, engine):
        running.send_signal(signal.SIGKILL)
        running.wait(timeout=20)
        assert _is_gone(engine)


def test_its_death_is_told(long_chain: Chain) -> None:
    with measuring(long_chain) as (running, engine):
        os.kill(engine, signal.SIGSEGV)
        _, complaint = running.communicate(timeout=20)
    assert running.returncode == 4
    assert "error: the measuring process was ended by SIGSEGV" in complaint
    assert "Traceback" not in complaint


def _child(parent: int) -> int:
    """Return the number of the only child that is an engine; it has said that it started."""
    tasks = Path(f"/proc/{parent}/task").iterdir()
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    [engine] = [child for child in children if _status(child)["Seccomp"] == "2"]
    return engine


def _status(process: int) -> dict[str, str]:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    pairs = (line.split(":", 1) for line in lines)
    return {name: value.strip() for name, value in pairs}


def _is_gone(process: int) -> bool:
    """Wait for the end of a process, at most ten seconds."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        ended, _, _ = select.select([descriptor], [], [], 10)
    finally:
        os.close(descriptor)
    return bool(ended)
