"""What scamper records of pings and of multipath traces; see `_scamper` for the rest."""

import msgspec

from netsonde.formats._scamper import (
    IcmpExtension,
    ScamperCycle,
    ScamperList,
    ScamperRecord,
    Unparsed,
)


class RouteStamps(ScamperRecord, frozen=True, kw_only=True):
    """An IPv4 timestamp option of a reply (RFC 791).

    Attributes:
        stamps: Milliseconds since midnight UTC, as the routers wrote them.
        addresses: The routers, where they were asked to write that too.
    """

    stamps: tuple[int, ...] = ()
    addresses: tuple[str, ...] = ()


class ScamperPingReply(ScamperRecord, frozen=True, kw_only=True):
    """A reply to a ping.

    Attributes:
        flags: Flags; bit 1: the TTL is known, bit 2: pending, bit 3: sent by the data link.
        reply_ttl: TTL of the reply.
        reply_size: Whole reply, in bytes.
        icmp_type: ICMP type.
        icmp_code: ICMP code.
        rtt_us: Round-trip time in microseconds.
        probe_id: Number of the probe, from 0.
        ip_id: IP identification of an IPv4 reply.
        probe_ip_id: IP identification of the probe.
        protocol: IP protocol of the reply; None: ICMP of its family.
        tcp_flags: Flags of a TCP reply.
        address: Who replied.
        route: Addresses of the record route option.
        stamps: The timestamp option.
        ip_id_32: IP identification of an IPv6 reply.
        sent_us: When the probe left.
        icmp_times: 12 bytes: times of an ICMP timestamp reply (RFC 792).
        source_port: Source port of the probe.
        reply_tos: TOS or traffic class of the reply.
        unparsed: Parameters of a later version.
    """

    flags: int | None = None
    reply_ttl: int | None = None
    reply_size: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    rtt_us: int | None = None
    probe_id: int | None = None
    ip_id: int | None = None
    probe_ip_id: int | None = None
    protocol: int | None = None
    tcp_flags: int | None = None
    address: str | None = None
    route: tuple[str, ...] | None = None
    stamps: RouteStamps | None = None
    ip_id_32: int | None = None
    sent_us: int | None = None
    icmp_times: bytes | None = None
    source_port: int | None = None
    reply_tos: int | None = None
    unparsed: Unparsed | None = None


class ScamperPing(ScamperRecord, frozen=True, kw_only=True):
    """A ping.

    Attributes:
        list: The list it is of.
        cycle: The cycle it is of.
        started_us: Start.
        stop_reason: Why it ended; see `_scamper_names`.
        stop_data: More about that.
        payload: What the probes carry, or the pattern that they repeat.
        count: Probes asked for.
        probe_size: Whole probe, in bytes.
        wait_s: Time between probes, whole seconds.
        ttl: TTL of the probes.
        reply_count: Replies after which it may end.
        sent: Probes sent.
        method: Kind of probe; see `_scamper_names`.
        source_port: Source port, or ICMP identifier.
        destination_port: Destination port, or first ICMP sequence number.
        user_id: A number of the user's.
        source: Address measured from.
        target: Address measured.
        flags: How it was made; see `_scamper_names`.
        tos: TOS or traffic class of the probes.
        stamp_addresses: Routers asked for timestamps.
        icmp_checksum: ICMP checksum of the probes.
        pseudo_mtu: Replies larger than this were answered by packet too big.
        timeout_s: Seconds that a probe is waited for; None: one.
        wait_us: Time between probes beyond whole seconds, in microseconds.
        tcp_ack: TCP acknowledgment number.
        flags_16: Flags that do not fit into `flags`, which they repeat.
        tcp_sequence: TCP sequence number.
        router: Address of the router that took the probes.
        timeout_us: Time a probe is waited for beyond whole seconds, in microseconds.
        replies: Replies.
    """

    list: ScamperList | None = None
    cycle: ScamperCycle | None = None
    started_us: int | None = None
    stop_reason: int | None = None
    stop_data: int | None = None
    payload: bytes | None = None
    count: int | None = None
    probe_size: int | None = None
    wait_s: int | None = None
    ttl: int | None = None
    reply_count: int | None = None
    sent: int | None = None
    method: int | None = None
    source_port: int | None = None
    destination_port: int | None = None
    user_id: int | None = None
    source: str | None = None
    target: str | None = None
    flags: int | None = None
    tos: int | None = None
    stamp_addresses: tuple[str, ...] | None = None
    icmp_checksum: int | None = None
    pseudo_mtu: int | None = None
    timeout_s: int | None = None
    wait_us: int | None = None
    tcp_ack: int | None = None
    flags_16: int | None = None
    tcp_sequence: int | None = None
    router: str | None = None
    timeout_us: int | None = None
    unparsed: Unparsed | None = None
    replies: tuple[ScamperPingReply, ...] = ()


class MultipathReply(ScamperRecord, frozen=True, kw_only=True):
    """A reply to a probe of a multipath trace.

    Attributes:
        received_us: When it came.
        ip_id: IP identification.
        ttl: TTL of the reply.
        flags: 1: the TTL is known; 2: it is TCP.
        icmp_type: ICMP type.
        icmp_code: ICMP code.
        tcp_flags: Flags of a TCP reply.
        extensions: ICMP extension objects.
        quoted_ttl: TTL in the quote.
        quoted_tos: TOS in the quote.
        address: Who replied.
    """

    received_us: int | None = None
    ip_id: int | None = None
    ttl: int | None = None
    flags: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    tcp_flags: int | None = None
    extensions: tuple[IcmpExtension, ...] | None = None
    quoted_ttl: int | None = None
    quoted_tos: int | None = None
    address: str | None = None
    unparsed: Unparsed | None = None


class MultipathProbe(ScamperRecord, frozen=True, kw_only=True):
    """A probe of a multipath trace.

    Attributes:
        sent_us: When it left.
        flow: Number that tells the flows apart.
        ttl: Its TTL.
        attempt: From 0.
        replies: Replies.
    """

    sent_us: int | None = None
    flow: int | None = None
    ttl: int | None = None
    attempt: int | None = None
    unparsed: Unparsed | None = None
    replies: tuple[MultipathReply, ...] = ()

    @property
    def reply_count(self) -> int:
        """How many replies there are."""
        return len(self.replies)


class MultipathLink(ScamperRecord, frozen=True, kw_only=True):
    """A link of a multipath trace.

    Attributes:
        near: Index of the node it leaves; None: 0.
        far: Index of the node it leads to; None: to no node.
        sets: The probes to each TTL that it crosses.
    """

    near: int | None = None
    far: int | None = None
    unparsed: Unparsed | None = None
    sets: tuple[tuple[MultipathProbe, ...], ...] = ()

    @property
    def set_count(self) -> int:
        """How many TTLs it crosses."""
        return len(self.sets)


class MultipathNode(ScamperRecord, frozen=True, kw_only=True):
    """A router of a multipath trace.

    Attributes:
        flags: 1: the quoted TTL is known.
        links: How many links leave it.
        quoted_ttl: TTL in its quotes.
        address: Its address; None: it is silent.
        name: Its name.
    """

    flags: int | None = None
    links: int | None = None
    quoted_ttl: int | None = None
    address: str | None = None
    name: str | None = None
    unparsed: Unparsed | None = None


class ScamperMultipath(ScamperRecord, frozen=True, kw_only=True):
    """A multipath trace ("tracelb").

    Attributes:
        list: The list it is of.
        cycle: The cycle it is of.
        started_us: Start.
        source_port: Source port, or ICMP identifier.
        destination_port: Destination port.
        probe_size: Whole probe, in bytes.
        method: Kind of probe; see `_scamper_names`.
        first_ttl: First TTL.
        wait_s: Seconds that a probe is waited for.
        wait_probe_cs: Time between probes, in hundredths of a second.
        attempts: Probes of a flow and TTL until one is answered.
        confidence: 95 or 99.
        tos: TOS or traffic class of the probes.
        sent: Probes sent.
        sent_max: Probes allowed.
        gap_limit: Silent TTLs allowed in a row.
        source: Address measured from.
        target: Address measured.
        user_id: A number of the user's.
        flags: How it was made.
        router: Address of the router that took the probes.
        nodes: Routers.
        links: Links, in the order of the nodes that they leave.
    """

    list: ScamperList | None = None
    cycle: ScamperCycle | None = None
    started_us: int | None = None
    source_port: int | None = None
    destination_port: int | None = None
    probe_size: int | None = None
    method: int | None = None
    first_ttl: int | None = None
    wait_s: int | None = None
    wait_probe_cs: int | None = None
    attempts: int | None = None
    confidence: int | None = None
    tos: int | None = None
    sent: int | None = None
    sent_max: int | None = None
    gap_limit: int | None = None
    source: str | None = None
    target: str | None = None
    user_id: int | None = None
    flags: int | None = None
    router: str | None = None
    unparsed: Unparsed | None = None
    nodes: tuple[MultipathNode, ...] = ()
    links: tuple[MultipathLink, ...] = ()

    @property
    def node_count(self) -> int:
        """How many routers there are."""
        return len(self.nodes)

    @property
    def link_count(self) -> int:
        """How many links there are."""
        return len(self.links)


class Opaque(msgspec.Struct, frozen=True, kw_only=True):
    """A record of a type that this version does not know.

    Attributes:
        type_: Its number.
        data: Its bytes, without the header.
    """

    type_: int
    data: bytes
