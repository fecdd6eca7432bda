"""Readers of memory and time, on a program of known footprint."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from netsonde.bench._proc import Memory, cpu_ns, memory, named, parent_of, resident_of_mapping, tree

MAPPED, TOUCHED = 24 << 20, 10 << 20
#: Maps memory without huge pages, touches a part of it, and says so.
_CODE = f"""
import ctypes, mmap, time
ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)
held = mmap.mmap(-1, {MAPPED}, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
held.madvise(16)  # MADV_DONTDUMP: it stays a mapping of its own
print("before", flush=True); input()
for at in range(0, {TOUCHED}, 4096): held[at] = 1
print("after", flush=True); input()
"""


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    """Yield a program that waits before it touches memory."""
    command = [sys.executable, "-I", "-c", _CODE]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "before\n"
        yield program
        program.kill()


def go_on(program: subprocess.Popen[str]) -> None:
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write("\n")
    program.stdin.flush()
    program.stdout.readline()


def test_what_is_touched_is_counted(holder: subprocess.Popen[str]) -> None:
    before = memory([holder.pid])
    assert resident_of_mapping(holder.pid, MAPPED) == 0
    go_on(holder)
    after = memory([holder.pid])
    slack = 256 << 10
    for name in Memory._fields:
        assert abs(getattr(after, name) - getattr(before, name) - TOUCHED) < slack, name
    assert resident_of_mapping(holder.pid, MAPPED) == TOUCHED
    assert resident_of_mapping(holder.pid, MAPPED + 4096) is None
    assert after.pss <= after.rss
    assert memory([holder.pid, holder.pid]).rss == pytest.approx(2 * after.rss, rel=0.01)


def test_a_program_that_is_gone_has_nothing() -> None:
    done = subprocess.Popen(["true"])
    done.wait()
    assert memory([done.pid]) == Memory()
    assert resident_of_mapping(done.pid, 4096) is None
    assert parent_of(done.pid) is None
    assert cpu_ns([done.pid]) == 0


def test_programs_and_their_children(holder: subprocess.Popen[str]) -> None:
    assert parent_of(holder.pid) == os.getpid()
    assert tree(holder.pid) == [holder.pid]
    assert holder.pid in tree(os.getpid())
    comm = Path(f"/proc/{holder.pid}/comm").read_text()
    assert holder.pid in named(comm.strip())


def test_processor_time_is_counted() -> None:
    before_ns, until_s = cpu_ns([os.getpid()]), time.monotonic() + 0.1
    own_ns = time.process_time_ns()
    while time.monotonic() < until_s:
        pass
    own_ns = time.process_time_ns() - own_ns
    used_ns = cpu_ns([os.getpid()]) - before_ns
    assert 0.8 * own_ns <= used_ns <= own_ns + 100_000_000
