"""The streams between this process and an engine's: targets in, events and tables out.

In: the job as one line, then frames, each one octet of kind, four of length (little-endian) and a
payload. `T` holds packed targets, `E` says that there are no more. Closing the input interrupts.

Out: one JSON event per line or, with `"output": "columns"`, frames: `J` is an event, `A` the
number of a table and an Arrow IPC stream of one record batch of it.
"""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

from netsonde.model import Output, Target

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator

#: Bytes read from the engine at once: as much as a pipe of it holds.
CHUNK_BYTES = 1 << 20
#: Octets of one packed target: version, address and source of 16 octets each.
TARGET_BYTES = 33
#: Targets in one frame at most: small, as what was written cannot be taken back.
TARGETS_PER_FRAME = 2_048

#: Kinds of frames.
TARGETS, END = b"T", b"E"
EVENT, TABLE = b"J", b"A"

_HEADER = struct.Struct("<cI")
_RECORD = struct.Struct("<B16s16s")


class Frame(NamedTuple):
    """One piece of an engine's output."""

    kind: bytes
    """`EVENT` or `TABLE`."""
    table: int
    """The number of the table; 0 for an event."""
    payload: bytes
    """One JSON object, or one Arrow IPC stream of one record batch."""


def pack(targets: Iterable[Target]) -> bytes:
    """Return targets as they travel: `TARGET_BYTES` octets each.

    Examples:
        >>> from netsonde.model import Target
        >>> packed = pack([Target(address="192.0.2.9", source="192.0.2.1")])
        >>> packed[:5].hex(), len(packed)
        ('04c0000209', 33)
    """
    return b"".join(map(_record, targets))


def unpack(records: bytes) -> Iterator[Target]:
    """Yield the targets that were packed.

    Examples:
        >>> target = Target(address="2a00::9", source="2a00::1")
        >>> list(unpack(pack([target]))) == [target]
        True
    """
    for version, address, source in _RECORD.iter_unpack(records):
        length = 4 if version == 4 else 16
        near, far = ip_address(source[:length]), ip_address(address[:length])
        yield Target(address=str(far), source=str(near))


def _record(target: Target) -> bytes:
    address, source = ip_address(target.address), ip_address(target.source)
    return _RECORD.pack(address.version, _octets(address), _octets(source))


def _octets(address: IPv4Address | IPv6Address) -> bytes:
    return address.packed.ljust(16, b"\0")


async def feed(writer: StreamWriter, job: bytes, targets: AsyncIterable[bytes] | None) -> None:
    """Write a job and then targets, as fast as the engine takes them.

    The input stays open: closing it interrupts the engine, which happens if the targets fail.

    Args:
        writer: The engine's standard input.
        job: One JSON object.
        targets: Packed targets, any number of them at once; None if all are in the job.
    """
    try:
        # An engine that is gone already is told of when its output has ended.
        with suppress(BrokenPipeError, ConnectionResetError):
            writer.write(job.replace(b"\n", b" ") + b"\n")
            await writer.drain()
            if targets is not None:
                await _feed_targets(writer, targets)
    except BaseException:
        interrupt(writer)
        raise


async def _feed_targets(writer: StreamWriter, targets: AsyncIterable[bytes]) -> None:
    most = TARGETS_PER_FRAME * TARGET_BYTES
    async for chunk in targets:
        for start in range(0, len(chunk), most):
            piece = chunk[start : start + most]
            writer.write(_HEADER.pack(TARGETS, len(piece)) + piece)
            await writer.drain()
    writer.write(_HEADER.pack(END, 0))
    await writer.drain()


def interrupt(writer: StreamWriter) -> None:
    """Close the engine's input at once, whatever waits to be written."""
    if not writer.transport.is_closing():
        writer.transport.abort()


async def frames(
    reader: StreamReader, writer: StreamWriter, output: Output, stop: asyncio.Future[Any]
) -> AsyncGenerator[Frame, None]:
    """Yield what the engine writes until its output ends; interrupt it once `stop` is done."""
    split = _split_lines if output is Output.EVENTS else _split_frames

    def interrupt_it(_: object) -> None:
        interrupt(writer)

    stop.add_done_callback(interrupt_it)
    kept = bytearray()
    try:
        while piece := await reader.read(CHUNK_BYTES):
            kept += piece
            for frame in split(kept):
                yield frame
    finally:
        stop.remove_done_callback(interrupt_it)


def _split_lines(kept: bytearray) -> list[Frame]:
    """Take the whole lines out of what was read."""
    end = kept.rfind(b"\n") + 1
    lines = bytes(kept[:end]).split(b"\n")[:-1]
    del kept[:end]
    return [Frame(EVENT, 0, line) for line in lines]


def _split_frames(kept: bytearray) -> list[Frame]:
    """Take the whole frames out of what was read: a long one comes in many pieces."""
    found, start = [], 0
    while len(kept) - start >= _HEADER.size:
        kind, length = _HEADER.unpack_from(kept, start)
        begin = start + _HEADER.size
        if len(kept) < begin + length:
            break
        start = begin + length
        # The first octet of a table's payload is its number.
        number = kept[begin] if kind == TABLE else 0
        with memoryview(kept) as seen:
            payload = bytes(seen[begin + (kind == TABLE) : start])
        found.append(Frame(kind, number, payload))
    del kept[:start]
    return found
