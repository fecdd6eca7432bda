"""What scamper calls the numbers of its files.

Source:
    What `sc_warts2json` of scamper 20211212 makes of files with each number.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsonde.formats._scamper import IcmpExtension

TRACE_METHODS: Final = (
    None, "icmp-echo", "udp", "tcp", "icmp-echo-paris", "udp-paris", "tcp-ack",
)  # fmt: skip
STOP_REASONS: Final = (
    "NONE", "COMPLETED", "UNREACH", "ICMP", "LOOP",
    "GAPLIMIT", "ERROR", "HOPLIMIT", "GSS", "HALTED",
)  # fmt: skip
PING_METHODS: Final = (
    "icmp-echo", "tcp-ack", "tcp-ack-sport", "udp", "udp-dport",
    "icmp-time", "tcp-syn", "tcp-synack", "tcp-rst",
)  # fmt: skip
PING_FLAGS: Final = (
    "v4rr", "spoof", "payload", "tsonly", "tsandaddr", "icmpsum", "dl", "tbt",
)  # fmt: skip
MULTIPATH_METHODS: Final = (
    None, "udp-dport", "icmp-echo", "udp-sport", "tcp-sport", "tcp-ack-sport",
)  # fmt: skip

#: Flags of a trace: all attempts were sent; the destination port field holds the ICMP checksum.
TRACE_ALL_ATTEMPTS: Final = 0x01
TRACE_ICMP_CHECKSUM: Final = 0x20
#: Flags of a hop: the socket stamped its arrival; its TTL is known; it is TCP.
HOP_SOCKET_STAMP: Final = 0x01
HOP_REPLY_TTL: Final = 0x10
HOP_TCP: Final = 0x20
#: Flags of a ping: it has a payload rather than a pattern, its ICMP checksum is chosen.
PING_PAYLOAD: Final = 0x04
PING_ICMP_CHECKSUM: Final = 0x20
#: Flag of a ping's reply: its TTL is known.
PING_REPLY_TTL: Final = 0x01
#: Flag of a multipath node: its quoted TTL is known.
NODE_QUOTED_TTL: Final = 0x01
#: Flags of a multipath reply: its TTL is known; it is TCP.
REPLY_TTL: Final = 0x01
REPLY_TCP: Final = 0x02
#: Why a ping ended: every probe was sent, an error, someone stopped it.
PING_DONE: Final = 1
PING_HALTED: Final = 3

#: Class and type of a label stack (RFC 4950).
MPLS: Final = (1, 1)

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58


def name(names: Sequence[str | None], number: int | None) -> str:
    """Return the name of a number; the number itself if it has none."""
    value = number or 0
    found = names[value] if value < len(names) else None
    return found or str(value)


def number(names: Sequence[str | None], text: str) -> int | None:
    """Return the number of a name, or of a number as text; None if it is neither."""
    if text in names:
        return names.index(text)
    return int(text) if text.isascii() and text.isdecimal() else None


def labels(extension: IcmpExtension) -> list[tuple[int, int, int, int]]:
    """Return label, traffic class, bottom flag and TTL of each entry; none of another object."""
    if (extension.class_, extension.type_) != MPLS:
        return []
    count = len(extension.data) // 4
    words = struct.unpack_from(f">{count}I", extension.data)
    return [(word >> 12, word >> 9 & 7, word >> 8 & 1, word & 0xFF) for word in words]


def label_entry(label: int, traffic_class: int, bottom: int, ttl: int) -> bytes:
    """Return a label stack entry as on the wire."""
    word = (label & 0xFFFFF) << 12 | (traffic_class & 7) << 9 | (bottom & 1) << 8 | ttl & 0xFF
    return word.to_bytes(4, "big")


def quotes(icmp_type: int | None, *, v6: bool) -> bool:
    """Return whether scamper shows what an ICMP message of this type quotes."""
    return icmp_type in ((1, 2, 3) if v6 else (3, 11))
