"""Readers that are slow, descriptors that do not wait, and a machine that has much to do."""

import fcntl
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.system import image

#: Words for a process.
_WORDS = f"card=ip {image.ADDRESSES}"
#: Octets of the smallest pipe: a page.
_PIPE_BYTES = 4_096
_WAIT_S = 30
#: Lets time pass.
_pause = threading.Event().wait


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    return image.elf(tmp_path)


@contextmanager
def process(
    elf: Path, *, waits: bool, delay_s: float = 0.0
) -> Iterator[tuple[Callable[[bytes], Any], Callable[[], bytes]]]:
    """Run the image behind small pipes that wait or do not; yield how to write to it and to read.

    What it sends is answered after some time.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    (stdin, into), (out, stdout) = os.pipe(), os.pipe()
    fcntl.fcntl(out, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    for end in (stdin, stdout):
        os.set_blocking(end, waits)

    def send(reply: bytes) -> None:
        late = threading.Timer(delay_s, ours.send, (reply,))
        late.daemon = True
        late.start()

    with ours, theirs, os.fdopen(into, "wb", 0) as told, os.fdopen(out, "rb", 0) as read:
        started = subprocess.Popen(
            [elf, f"fd={theirs.fileno()}", *_WORDS.split()],
            stdin=stdin,
            stdout=stdout,
            pass_fds=(theirs.fileno(),),
        )
        os.close(stdin)
        os.close(stdout)
        try:
            with image.answering(lambda: ours.recv(1 << 16), send, image.echo):
                yield told.write, read.read
        finally:
            started.kill()
            started.wait()
            ours.shutdown(socket.SHUT_RDWR)


def test_a_slow_reader_of_a_process_changes_no_time(elf: Path) -> None:
    """What comes while it cannot write is stamped at once."""
    count = 60
    job = image.job(ping={"count": count, "timeout_ms": 9_000, "interval_ms": 10}, in_flight_max=99)
    with process(elf, waits=True, delay_s=0.3) as (write, read):
        write(job + b"\n")
        _pause(3)
        *_, result, done = image.events(read())
    assert done["type"] == "done"
    assert len(result["replies"]) == count
    assert max(reply["rtt_ns"] for reply in result["replies"]) < 2e9


def test_a_job_that_is_not_there_yet_is_waited_for(elf: Path) -> None:
    with process(elf, waits=False) as (write, read):
        _pause(0.3)
        job = image.job() + b"\n"
        write(job[:100])
        _pause(0.1)
        write(job[100:])
        *_, done = image.events(read())
    assert done["type"] == "done"


@pytest.mark.parametrize("kind", ["ping", "none"])
def test_results_without_room_are_waited_with(elf: Path, kind: str) -> None:
    """Where the pipe says that it is full, and lets nobody wait."""
    job = image.job(kind, ping={"count": 200, "timeout_ms": 5_000, "interval_ms": 1})
    with process(elf, waits=False) as (write, read):
        write(job + b"\n")
        _pause(0.5)
        *_, last = image.events(read())
    assert last["type"] == ("done" if kind == "ping" else "failed")


def test_a_machine_that_always_has_something_to_do_can_be_stopped(
    elf: Path, tmp_path: Path
) -> None:
    """More is asked of it than it can do: it never waits."""
    source = {"source": "0.0.0.0"}
    targets = [{"address": f"9.{one}.{two}.9", **source} for one in range(10) for two in range(10)]
    ping = {"count": 1_000, "timeout_ms": 5, "interval_ms": 1}
    job = image.job(targets=targets, ping=ping, rate_pps=100_000, in_flight_max=500)
    sent = threading.Event()

    def answer(frame: bytes) -> bytes | None:
        if frame[12:14] == b"\x08\x00":
            sent.set()
            return None
        return image.on_ethernet(frame)

    words = f"{image.ADDRESSES} deadline_ms={_WAIT_S}000"
    with image.booted(tmp_path, elf, words, job, answer=answer) as started:
        assert sent.wait(_WAIT_S)
        _pause(0.5)
        output, _ = started.communicate(b"stop\n", timeout=2 * _WAIT_S)
    *_, last = image.events(output)
    assert last["type"] == "done", last
    assert last["counters"]["sent"] < 50_000, "half of what it was to send"
