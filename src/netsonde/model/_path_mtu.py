"""How large packets may be on a path. Mirrors `netsonde-probe/src/record/path_mtu.rs`."""

from enum import StrEnum

from netsonde.model._base import Address, Record, UInt8, UInt16, UInt32


class MtuSource(StrEnum):
    """How the MTU behind a narrow place was found: a router named it, or sizes were tried."""

    PACKET_TOO_BIG = "packet-too-big"
    SEARCH = "search"


class HopMtu(Record, frozen=True, kw_only=True):
    """The largest packets that pass to one hop.

    Attributes:
        probe_ttl: TTL of the probes.
        mtu: In bytes; None if the hop does not answer, or if it is not known.
    """

    probe_ttl: UInt8
    mtu: UInt16 | None = None


class MtuChange(Record, frozen=True, kw_only=True):
    """A place where the path grows narrower.

    Attributes:
        probe_ttl: First answering hop behind it.
        before: Largest packet that passes before, in bytes.
        after: Largest packet that passes behind, in bytes.
        found: How it was found.
        router: Who said that a packet was too big; None if nobody did.
        said: The MTU that it named, whether right or not; 0 of routers older than RFC 1191.
    """

    probe_ttl: UInt8
    before: UInt16
    after: UInt16
    found: MtuSource
    router: Address | None = None
    said: UInt32 | None = None


class PathMtu(Record, frozen=True, kw_only=True):
    """The largest packets that pass to each hop of a path without being fragmented.

    Attributes:
        start: Size of the first probes: the MTU of the vantage's own interface.
        mtu: Largest that passes to the last hop that answers; None if that was not found out.
        hops: One for each hop of the trace.
        changes: Where it shrinks, in path order.
        sent: Probes that this took, beside those of the trace.
        incomplete: True when a budget or the deadline cut it short.

    Source:
        RFC 1191 and RFC 8201; black holes are those of RFC 2923.
    """

    start: UInt16
    mtu: UInt16 | None = None
    hops: tuple[HopMtu, ...] = ()
    changes: tuple[MtuChange, ...] = ()
    sent: UInt32 = 0
    incomplete: bool = False
