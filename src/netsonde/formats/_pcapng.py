"""Captures: pcapng read and written, the older pcap read.

Source:
    The Internet-Draft draft-ietf-opsawg-pcapng; draft-ietf-opsawg-pcap.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from netsonde.formats._record import Direction, Packet, kind_of
from netsonde.model import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netsonde.formats._losses import Losses
    from netsonde.formats._record import Record
    from netsonde.formats._stream import Source

#: The first bytes of pcapng, and of pcap with times in microseconds and nanoseconds.
MAGIC: Final = b"\x0a\x0d\x0d\x0a"
PCAP_MAGICS: Final = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000), b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1),
}  # fmt: skip
#: Bytes of one block, interfaces of a section, and bytes of a comment.
BLOCK_BYTES_MAX: Final = 1 << 24
INTERFACES_MAX: Final = 4_096
COMMENT_BYTES_MAX: Final = 65_535
_SECTION, _INTERFACE, _SIMPLE, _PACKET = 0x0A0D0D0A, 1, 3, 6
_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_END, _COMMENT, _FLAGS, _RESOLUTION, _OFFSET = 0, 1, 2, 9, 14
_SECOND_NS = 1_000_000_000
_POWER_OF_TWO, _DIGITS_MAX, _BITS_MAX = 0x80, 18, 62
_SNAP_BYTES = 0
_HEADER_BYTES = 12


class _Interface(NamedTuple):
    link_type: int
    ticks: int
    """A second."""
    offset_s: int


def read_pcapng(source: Source) -> Iterator[Packet]:
    """Yield the packets of a capture; blocks of other types are skipped.

    Raises:
        FormatError: It is malformed; what came before was yielded.
    """
    magic = source.peek(4)
    if magic in PCAP_MAGICS:
        yield from _read_pcap(source, *PCAP_MAGICS[magic])
        return
    order, interfaces, comment, number = "<", list[_Interface](), "", 0
    while head := source.read(8):
        number += 1
        start = source.offset - len(head)
        if len(head) < 8:
            raise FormatError(f"block {number}: the file ends within it", offset=source.offset)
        if head[:4] == MAGIC:
            order = _ORDERS.get(source.peek(4), "")
            if not order:
                message = f"block {number}: no byte order mark in a section header"
                raise FormatError(message, offset=start + 8)
        kind, size = struct.unpack(f"{order}II", head)
        body = _body(source, number, start, size, order)
        try:
            if kind == _SECTION:
                interfaces, comment = [], _texts(_options(body, 16, order))
            elif kind == _INTERFACE and len(interfaces) < INTERFACES_MAX:
                interfaces.append(_interface(body, order))
            elif kind == _PACKET:
                yield _packet(body, order, interfaces, comment)
            elif kind == _SIMPLE and interfaces:
                yield _simple(body, order, interfaces[0], comment)
        except (struct.error, IndexError, ValueError) as error:
            raise FormatError(f"block {number}: {error}", offset=start) from None


def pcapng_bytes(records: Iterable[Record], losses: Losses) -> Iterator[bytes]:
    """Yield packets as a capture with times in nanoseconds; a new comment is a new section."""
    comment: str | None = None
    interfaces: dict[int, int] = {}
    for record in records:
        if not isinstance(record, Packet):
            losses.record(kind_of(record))
            continue
        if comment != record.section_comment:
            comment, interfaces = record.section_comment, {}
            yield _section_block(comment)
        if record.link_type not in interfaces:
            interfaces[record.link_type] = len(interfaces)
            options = _option(_RESOLUTION, b"\x09") + _option(_END, b"")
            body = struct.pack("<HHI", record.link_type & 0xFFFF, 0, _SNAP_BYTES)
            yield _block(_INTERFACE, body + options)
        yield _packet_block(record, interfaces[record.link_type])
    if comment is None:
        yield _section_block("")


def whole_blocks(path: str | Path) -> int:
    """Return how many bytes of a capture are whole blocks; a writer that was killed may leave more.

    Raises:
        FormatError: It is no pcapng file.
        OSError: It cannot be read.
    """
    end = 0
    with Path(path).open("rb") as file:
        size = file.seek(0, 2)
        while end + _HEADER_BYTES <= size:
            file.seek(end)
            head = file.read(8)
            if end == 0 and head[:4] != MAGIC:
                raise FormatError(f"{path} is no pcapng file", "name another", offset=0)
            (length,) = struct.unpack("<I", head[4:])
            if length % 4 or not _HEADER_BYTES <= length <= BLOCK_BYTES_MAX:
                message = f"{path}: a block of {length} bytes cannot be"
                raise FormatError(message, "name another", offset=end)
            if end + length > size:
                break
            end += length
    return end


def _body(source: Source, number: int, start: int, size: int, order: str) -> bytes:
    if size % 4 or not _HEADER_BYTES <= size <= BLOCK_BYTES_MAX:
        message = f"block {number}: a size of {size} bytes cannot be"
        raise FormatError(message, offset=start + 4)
    body = source.read(size - 8)
    if len(body) < size - 8:
        message = f"block {number}: the file ends within its {size} bytes"
        raise FormatError(message, offset=source.offset)
    if struct.unpack(f"{order}I", body[-4:])[0] != size:
        message = f"block {number}: its two sizes differ"
        raise FormatError(message, offset=source.offset - 4)
    return body[:-4]


def _options(body: bytes, at: int, order: str) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(body):
        code, size = struct.unpack_from(f"{order}HH", body, at)
        if code == _END:
            return
        if at + 4 + size > len(body):
            message = "an option is longer than its block"
            raise ValueError(message)
        yield code, body[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4


def _texts(options: Iterable[tuple[int, bytes]]) -> str:
    texts = [value.decode("utf-8", "replace") for code, value in options if code == _COMMENT]
    return "\n".join(texts)


def _interface(body: bytes, order: str) -> _Interface:
    (link_type,) = struct.unpack_from(f"{order}H", body)
    ticks, offset_s = 1_000_000, 0
    for code, value in _options(body, 8, order):
        if code == _RESOLUTION:
            power = value[0] & ~_POWER_OF_TWO
            if power > (_BITS_MAX if value[0] & _POWER_OF_TWO else _DIGITS_MAX):
                message = f"a time resolution of {value[0]} cannot be"
                raise ValueError(message)
            ticks = 2**power if value[0] & _POWER_OF_TWO else 10**power
        elif code == _OFFSET:
            (offset_s,) = struct.unpack(f"{order}q", value)
    return _Interface(link_type, ticks, offset_s)


def _packet(body: bytes, order: str, interfaces: list[_Interface], comment: str) -> Packet:
    index, high, low, captured, size = struct.unpack_from(f"{order}IIIII", body)
    data = body[20 : 20 + captured]
    if len(data) < captured:
        message = "a packet is longer than its block"
        raise ValueError(message)
    if index >= len(interfaces):
        message = f"interface {index} was not told before"
        raise ValueError(message)
    link_type, ticks, offset_s = interfaces[index]
    options = list(_options(body, 20 + captured + -captured % 4, order))
    flags = next(
        (struct.unpack(f"{order}I", each)[0] for code, each in options if code == _FLAGS), 0
    )
    return Packet(
        data=data,
        time_ns=(high << 32 | low) * _SECOND_NS // ticks + offset_s * _SECOND_NS,
        link_type=link_type,
        size=size,
        direction=Direction(flags & 3) if flags & 3 != 3 else Direction.UNKNOWN,
        comment=_texts(options),
        section_comment=comment,
    )


def _simple(body: bytes, order: str, interface: _Interface, comment: str) -> Packet:
    (size,) = struct.unpack_from(f"{order}I", body)
    return Packet(
        data=body[4 : 4 + size],
        time_ns=0,
        link_type=interface.link_type,
        size=size,
        section_comment=comment,
    )


def _read_pcap(source: Source, order: str, unit_ns: int) -> Iterator[Packet]:
    head = source.read(24)
    if len(head) < 24:
        raise FormatError("the file ends within its header", offset=source.offset)
    (link_type,) = struct.unpack_from(f"{order}I", head, 20)
    number = 0
    while head := source.read(16):
        number += 1
        if len(head) < 16:
            raise FormatError(f"packet {number}: the file ends within it", offset=source.offset)
        seconds, parts, captured, size = struct.unpack(f"{order}IIII", head)
        if captured > BLOCK_BYTES_MAX:
            message = f"packet {number}: {captured} bytes; the limit is {BLOCK_BYTES_MAX}"
            raise FormatError(message, offset=source.offset - 8)
        data = source.read(captured)
        if len(data) < captured:
            raise FormatError(f"packet {number}: the file ends within it", offset=source.offset)
        time_ns = seconds * _SECOND_NS + parts * unit_ns
        yield Packet(data=data, time_ns=time_ns, link_type=link_type & 0xFFFF, size=size)


def _section_block(comment: str) -> bytes:
    body = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    if comment:
        body += _option(_COMMENT, _comment(comment)) + _option(_END, b"")
    return _block(_SECTION, body)


def _packet_block(packet: Packet, interface: int) -> bytes:
    time_ns = max(0, packet.time_ns) & 0xFFFF_FFFF_FFFF_FFFF
    body = struct.pack(
        "<IIIII",
        interface,
        time_ns >> 32,
        time_ns & 0xFFFF_FFFF,
        len(packet.data),
        packet.size & 0xFFFF_FFFF,
    )
    body += packet.data + b"\0" * (-len(packet.data) % 4)
    options = b""
    if packet.comment:
        options += _option(_COMMENT, _comment(packet.comment))
    if packet.direction is not Direction.UNKNOWN:
        options += _option(_FLAGS, struct.pack("<I", packet.direction))
    return _block(_PACKET, body + (options + _option(_END, b"") if options else b""))


def _comment(text: str) -> bytes:
    return text.encode("utf-8", "replace")[:COMMENT_BYTES_MAX]


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def _block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", len(body) + _HEADER_BYTES)
    return struct.pack("<I", kind) + size + body + size
