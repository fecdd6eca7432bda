"""Spools: chunks appended to a file as they come, so that nothing reported is lost.

A spool is a row of frames: length and CRC-32 of the payload, four bytes each, little-endian, then
the payload. The first frame is a JSON header, each other one a complete Arrow IPC stream. A process
that dies leaves at most one torn frame, at the end; what precedes it is whole.
"""

from __future__ import annotations

import mmap
import os
import zlib
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from netsonde.model import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: First bytes of every spool.
MAGIC = b"NETSONDE SPOOL 1"
#: Longest payload of a frame, in bytes; a longer one is a sign of damage.
FRAME_BYTES_MAX = 256 * 1024 * 1024

#: Bytes of a mapped spool that may stay in memory once they were read.
KEPT_BYTES_MAX = 4 * 1024 * 1024

_FRAME_HEAD = 8


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all rows of a spool."""

    table: str
    version: int
    run: int
    """Number of the run that wrote it."""
    epoch_ns: int
    """Unix time at which the vantage's clock began, in nanoseconds."""
    first: int = 0
    """What the numbers of this spool begin at in its run."""


class SpoolWriter:
    """Appends chunks to a new spool."""

    def __init__(self, path: Path, header: Header) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        self._write(MAGIC)
        self.append(msgspec.json.encode(header))

    def append(self, payload: bytes) -> None:
        """Append a chunk; once this returns, the death of the process does not lose it.

        Raises:
            OSError: The disk is full, or broken.
        """
        head = len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little")
        self._write(head + payload)

    def sync(self) -> None:
        """Wait until the disk has it: what a power cut does not lose."""
        os.fdatasync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(self._file, left) :]


class Spool(NamedTuple):
    """What a spool holds."""

    header: Header
    data: memoryview
    """The whole file."""
    begin: int
    """Where the first chunk begins."""
    end: int
    """Where the last whole chunk ends."""

    @property
    def torn_bytes(self) -> int:
        """Bytes of a frame that was being written when its writer died."""
        return len(self.data) - self.end

    def chunks(self) -> Iterator[memoryview]:
        """Yield the chunks in the order they were written.

        What was read does not stay in memory: whoever still uses it reads it again.
        """
        at = kept = self.begin
        while at < self.end:
            kept = _let_go(self.data, kept, at)
            length = int.from_bytes(self.data[at : at + 4], "little")
            yield self.data[at + _FRAME_HEAD : at + _FRAME_HEAD + length]
            at += _FRAME_HEAD + length
        _let_go(self.data, 0, at, kept_max=0)


def read_spool(data: memoryview, name: str) -> Spool | None:
    """Return what a spool holds; None if its writer died before it held anything.

    Args:
        data: The file's bytes, mapped rather than read.
        name: The file's name, for messages.

    Raises:
        FormatError: It is no spool.
    """
    if data[: len(MAGIC)] != MAGIC[: len(data)]:
        message = f"{name} is no spool"
        raise FormatError(message, "expected the first bytes to be NETSONDE SPOOL 1", offset=0)
    begin = _frame_end(data, len(MAGIC))
    if begin is None:
        return None
    try:
        head = bytes(data[len(MAGIC) + _FRAME_HEAD : begin])
        header = msgspec.json.decode(head, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"{name} has no readable header: {error}"
        raise FormatError(message, offset=len(MAGIC)) from None
    end = kept = begin
    while (following := _frame_end(data, end)) is not None:
        kept = _let_go(data, kept, end)
        end = following
    _let_go(data, 0, end, kept_max=0)
    return Spool(header, data, begin, end)


def _frame_end(data: memoryview, at: int) -> int | None:
    """Return where the frame at an offset ends; None if it is not whole."""
    body = at + _FRAME_HEAD
    if len(data) < body:
        return None
    length = int.from_bytes(data[at : at + 4], "little")
    end = body + length
    if length == 0 or length > FRAME_BYTES_MAX or len(data) < end:
        return None
    crc = int.from_bytes(data[at + 4 : body], "little")
    return end if zlib.crc32(data[body:end]) == crc else None


def _let_go(data: memoryview, begin: int, end: int, kept_max: int = KEPT_BYTES_MAX) -> int:
    """Let the system take back the pages that were read, if they are many; return where to go on.

    Pages of a mapped file count as this process's memory until somebody needs them.
    """
    if end - begin <= kept_max:
        return begin
    if isinstance(data.obj, mmap.mmap):
        # Those before are let go again: rows that were made of them may have been looked at since.
        data.obj.madvise(mmap.MADV_DONTNEED, 0, end // mmap.PAGESIZE * mmap.PAGESIZE)
    return end
