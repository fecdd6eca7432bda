"""Files as streams: compressed or not by their names and first bytes, read piece by piece."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from netsonde.model import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes read at once from what is not a regular file, and decompressed at once.
CHUNK_BYTES: Final = 1 << 16
#: The first bytes of compressed files.
COMPRESSIONS: Final = {"gz": b"\x1f\x8b", "bz2": b"BZh", "xz": b"\xfd7zXZ\0"}

_OPENERS: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    "gz": lambda raw: cast("BinaryIO", gzip.GzipFile(fileobj=raw, mode="rb")),
    "bz2": lambda raw: cast("BinaryIO", bz2.BZ2File(raw, "rb")),
    "xz": lambda raw: cast("BinaryIO", lzma.LZMAFile(raw, "rb")),  # noqa: SIM115
}
_DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError)


class Source:
    """A file being read; it knows how far it is.

    Args:
        raw: The file. If its first bytes are those of gzip, bzip2 or xz it is decompressed, and
            offsets are those within the decompressed bytes.
    """

    def __init__(self, raw: BinaryIO) -> None:
        first = _read_all(raw, max(map(len, COMPRESSIONS.values())))
        file = io.BufferedReader(cast("io.RawIOBase", _Again(first, raw)), CHUNK_BYTES)
        self.compression: str | None = None
        for name, magic in COMPRESSIONS.items():
            if first.startswith(magic):
                self.compression = name
                opened = cast("io.RawIOBase", _OPENERS[name](cast("BinaryIO", file)))
                file = io.BufferedReader(opened, CHUNK_BYTES)
                break
        self._file = file
        self._ahead = b""
        self.offset = 0
        """Bytes read so far."""

    def read(self, size: int) -> bytes:
        """Return that many bytes, fewer only at the end of the file.

        Raises:
            FormatError: The compressed data is damaged or ends too early.
        """
        found = self._take(self._file.read, size)
        self.offset += len(found)
        return found

    def readline(self, size: int) -> bytes:
        """Return a line with its end, or that many bytes of it; nothing at the end of the file.

        Raises:
            FormatError: The compressed data is damaged or ends too early.
        """
        found = self._take(self._file.readline, size)
        self.offset += len(found)
        return found

    def peek(self, size: int) -> bytes:
        """Return the next bytes without taking them: fewer only near the end of the file.

        Raises:
            FormatError: The compressed data is damaged or ends too early.
        """
        found = self._take(self._file.read, size)
        self._ahead = found + self._ahead
        return found

    def _take(self, take: Callable[[int], bytes], size: int) -> bytes:
        ahead, self._ahead = self._ahead, b""
        if ahead:
            end = size
            if take == self._file.readline:
                line = ahead.find(b"\n", 0, size) + 1
                end = line or size
                if line:
                    size = line
            if len(ahead) >= size:
                self._ahead = ahead[end:]
                return ahead[:end]
            size -= len(ahead)
        if self.compression is None:
            return ahead + take(size)
        try:
            return ahead + take(size)
        except _DAMAGED as error:
            self._ahead = ahead
            message = f"the {self.compression} data is damaged: {error}"
            raise FormatError(message, offset=self.offset) from None


class _Again(io.RawIOBase):
    """A file whose first bytes were read already, as it was before.

    Args:
        first: Those bytes.
        rest: The file after them.
    """

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._first = first
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - the type of the base class
        found, self._first = self._first[: len(buffer)], self._first[len(buffer) :]
        if not found:
            found = self._rest.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def _read_all(raw: BinaryIO, size: int) -> bytes:
    """Return that many bytes, however few come at once; fewer at the end of the file."""
    found = b""
    while len(found) < size and (more := raw.read(size - len(found))):
        found += more
    return found


def open_sink(raw: BinaryIO, compression: str | None) -> BinaryIO:
    """Return a file that compresses what is written to it into another one.

    Closing it ends the compressed data, and leaves the other file open.
    """
    if compression == "gz":
        # No name and no time: the same records give the same bytes.
        return cast("BinaryIO", gzip.GzipFile("", "wb", fileobj=raw, mtime=0))
    if compression == "bz2":
        return cast("BinaryIO", bz2.BZ2File(raw, "wb"))
    if compression == "xz":
        return cast("BinaryIO", lzma.LZMAFile(raw, "wb"))
    return raw
