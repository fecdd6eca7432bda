"""A machine that waits, under a debugger."""

import struct
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.system import image
from tests.system.gdb import Gdb

#: With all that modern processors keep from each other.
_STRICT = ["-cpu", "max"]
_WAITING = image.job(ping={"count": 1, "timeout_ms": 100_000})
_CORE_CODE = 0x2B
_TRIES = 100


class Waiting:
    """A machine whose core waits, and what it says from then on."""

    def __init__(self, started: "subprocess.Popen[bytes]", stub: Path) -> None:
        self._started = started
        line = b""
        assert started.stdout is not None
        while not line.startswith(b'{"type":"start"'):
            line = started.stdout.readline()
            assert line, "it ended before it began"
        self._stub = stub

    @contextmanager
    def still(self) -> Iterator[tuple[Gdb, dict[str, int], int]]:
        """Yield a debugger, the registers, and the instruction at which the core goes on."""
        for _ in range(_TRIES):
            with Gdb(self._stub) as gdb:
                registers = gdb.registers()
                # It halts in the shim, which was called by the core.
                if registers["CPL"] == 0 and registers["HLT"] == 1:
                    at, code = struct.unpack("<QQ", gdb.read(registers["RSP"], 16))
                    assert code == _CORE_CODE
                    yield gdb, registers, at
                    return
            threading.Event().wait(0.01)
        pytest.fail("it never waits")

    def ends(self, say: bytes) -> dict[str, Any]:
        """Say something, by which it wakes up, and return its last event."""
        output, _ = self._started.communicate(say, timeout=30)
        event: dict[str, Any] = image.events(output)[-1]
        return event


@contextmanager
def waiting(
    elf: Path, folder: Path, words: str = "", *, options: Sequence[str] = ()
) -> Iterator[Waiting]:
    """Yield a machine that waits for an answer: nobody gives one."""
    stub = folder / "stub"
    base = [*image.QEMU, *_STRICT, *options, "-gdb", f"unix:{stub},server=on,wait=off"]
    words = f"{image.ADDRESSES} {words}"
    with image.booted(folder, elf, words, _WAITING, base=base, answer=_nobody) as started:
        yield Waiting(started, stub)


def _nobody(_: bytes) -> None:
    """Answer nothing."""
