"""How to look at TCP. Mirrors `netsonde-probe/src/job/tcp.rs`."""

from enum import StrEnum
from typing import Annotated

import msgspec

from netsonde.model._base import Record, UInt8, UInt16

_Positive8 = Annotated[int, msgspec.Meta(ge=1, le=255)]
_Positive16 = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
_Positive32 = Annotated[int, msgspec.Meta(ge=1, le=4_294_967_295)]


class MptcpOffer(StrEnum):
    """Which version of Multipath TCP a SYN offers."""

    NONE = "none"
    V0 = "v0"
    V1 = "v1"


class TcpOptions(Record, frozen=True, kw_only=True):
    """How to look at TCP.

    Attributes:
        destination_port: Port of every probe; an open one tells most.
        attempts: Probes per question and per TTL until one is answered.
        wait_ms: Time a probe is waited for, in milliseconds.
        mptcp: What the SYN offers of Multipath TCP: none, v0 (with a key) or v1.
        ecn: Offer explicit congestion notification.
        fast_open: Ask for a Fast Open cookie.
        mss: Maximum segment size offered; 0 for what Ethernet carries (1460, IPv6 1440).
        tos: Type of service or traffic class; what is not 0 shows who clears it.
        path: Look at the path too.
        first_ttl: TTL of the first hop.
        last_ttl: TTL after which the path ends.
        gap_limit: Silent hops in a row after which the path ends.
        window: TTLs in flight at once.
    """

    destination_port: _Positive16 = 80
    attempts: _Positive8 = 2
    wait_ms: _Positive32 = 1_000
    mptcp: MptcpOffer = MptcpOffer.V1
    ecn: bool = True
    fast_open: bool = False
    mss: UInt16 = 0
    tos: UInt8 = 0
    path: bool = True
    first_ttl: _Positive8 = 1
    last_ttl: _Positive8 = 32
    gap_limit: _Positive8 = 5
    window: _Positive8 = 4
