"""What scamper records of lists, cycles and traces, field by field, as its warts files hold it.

A field that is None was not recorded; what its absence means is said where it is not plain.
Numbers are those of the format: names for them are in the tables of `_scamper_names`.
Times are Unix times in microseconds, which is all that the format keeps.

Source:
    The manual page warts(5), and what `sc_wartsdump` of scamper 20211212 says of files.
"""

import msgspec


class ScamperRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A record of a warts file or of scamper's JSON."""


class Unparsed(ScamperRecord, frozen=True, kw_only=True):
    """Parameters that this version does not know, kept for the next writer.

    Attributes:
        mask: Flag n is bit n - 1.
        data: Their bytes, after those of the known parameters.
    """

    mask: int
    data: bytes


class ScamperList(ScamperRecord, frozen=True, kw_only=True):
    """A list of targets.

    Attributes:
        list_id: Number that a person gave it.
        name: Its name.
        description: What it is.
        monitor: Name of the vantage point.
    """

    list_id: int = 0
    name: str = ""
    description: str | None = None
    monitor: str | None = None
    unparsed: Unparsed | None = None


class ScamperCycle(ScamperRecord, frozen=True, kw_only=True):
    """A pass over a list: its start, or its definition where the start is in another file.

    Attributes:
        list: The list it is over.
        cycle_id: Number that a person gave it.
        started_s: Start, Unix time in seconds.
        stopped_s: End, Unix time in seconds.
        host: Name of the host at the start.
        is_definition: Whether the start is in another file.
    """

    list: ScamperList
    cycle_id: int = 0
    started_s: int = 0
    stopped_s: int | None = None
    host: str | None = None
    is_definition: bool = False
    unparsed: Unparsed | None = None


class ScamperCycleStop(ScamperRecord, frozen=True, kw_only=True):
    """The end of a cycle.

    Attributes:
        cycle: The cycle.
        stopped_s: When, Unix time in seconds.
    """

    cycle: ScamperCycle
    stopped_s: int = 0


class IcmpExtension(ScamperRecord, frozen=True, kw_only=True):
    """An ICMP extension object (RFC 4884).

    Attributes:
        class_: Class number; 1 is a label stack (RFC 4950).
        type_: Type within the class.
        data: The object without its header.
    """

    class_: int
    type_: int
    data: bytes = b""


class ScamperHop(ScamperRecord, frozen=True, kw_only=True):
    """A reply to a probe of a trace.

    Attributes:
        probe_ttl: TTL of the probe.
        reply_ttl: TTL of the reply.
        flags: How its times and TTL were taken; see `_scamper_names`.
        probe_id: Number of the probe within its TTL, from 1.
        rtt_us: Round-trip time in microseconds.
        icmp_type: ICMP type.
        icmp_code: ICMP code.
        probe_size: Whole probe, in bytes.
        reply_size: Whole reply, in bytes.
        ip_id: IP identification of the reply.
        reply_tos: TOS or traffic class of the reply.
        mtu: Next-hop MTU.
        quoted_size: IP length in the quote; None: that of the probe.
        quoted_ttl: IP TTL in the quote; None: 1.
        tcp_flags: Flags of a TCP reply.
        quoted_tos: TOS in the quote.
        extensions: ICMP extension objects.
        address: Who replied.
        sent_us: When the probe left.
        name: Name of the address.
        unparsed: Parameters of a later version.
    """

    probe_ttl: int | None = None
    reply_ttl: int | None = None
    flags: int | None = None
    probe_id: int | None = None
    rtt_us: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    probe_size: int | None = None
    reply_size: int | None = None
    ip_id: int | None = None
    reply_tos: int | None = None
    mtu: int | None = None
    quoted_size: int | None = None
    quoted_ttl: int | None = None
    tcp_flags: int | None = None
    quoted_tos: int | None = None
    extensions: tuple[IcmpExtension, ...] | None = None
    address: str | None = None
    sent_us: int | None = None
    name: str | None = None
    unparsed: Unparsed | None = None

    @property
    def probe_index(self) -> int | None:
        """Number of the probe within its TTL, from 0, as files have it."""
        return None if self.probe_id is None else self.probe_id - 1


class PmtudNote(ScamperRecord, frozen=True, kw_only=True):
    """What a step of path MTU discovery found.

    Attributes:
        kind: 1 packet too big, 2 the same with an MTU that cannot be, 3 inferred from silence.
        mtu: MTU inferred.
        hop: Index of the reply among those of the discovery.
    """

    kind: int | None = None
    mtu: int | None = None
    hop: int | None = None
    unparsed: Unparsed | None = None


class Pmtud(ScamperRecord, frozen=True, kw_only=True):
    """Path MTU discovery after a trace.

    Attributes:
        interface_mtu: MTU of the interface.
        path_mtu: MTU of the path.
        first_mtu: MTU to the first hop, if it is another than the interface's.
        version: Version of the attribute; None: 1.
        hops: Replies.
        notes: Steps.
    """

    interface_mtu: int | None = None
    path_mtu: int | None = None
    first_mtu: int | None = None
    version: int | None = None
    unparsed: Unparsed | None = None
    hops: tuple[ScamperHop, ...] = ()
    notes: tuple[PmtudNote, ...] = ()

    @property
    def note_count(self) -> int:
        """How many notes there are."""
        return len(self.notes)


class Doubletree(ScamperRecord, frozen=True, kw_only=True):
    """Stop sets of a doubletree trace.

    Attributes:
        local_stop: Address of the local stop set that ended it.
        global_stop: Address of the global stop set that ended it.
        first_ttl: TTL from which it probed.
        local_name: Name of the local stop set.
        flags: Flags.
    """

    first_ttl: int | None = None
    local_stop: str | None = None
    global_stop: str | None = None
    local_name: str | None = None
    flags: int | None = None
    unparsed: Unparsed | None = None


class ScamperTrace(ScamperRecord, frozen=True, kw_only=True):
    """A trace.

    Attributes:
        list: The list it is of.
        cycle: The cycle it is of.
        started_us: Start.
        stop_reason: Why it ended; see `_scamper_names`.
        stop_data: More about that, such as the ICMP code.
        flags: How it was made; see `_scamper_names`.
        attempts: Probes a TTL until one is answered.
        hop_limit: Last TTL; 0 for none.
        method: Kind of probe; see `_scamper_names`.
        probe_size: Whole probe, in bytes.
        source_port: Source port, or ICMP identifier.
        destination_port: Destination port, or ICMP checksum.
        first_ttl: First TTL.
        tos: TOS or traffic class of the probes.
        wait_s: Seconds that a probe is waited for.
        loops: Loops allowed.
        hop_count: TTLs probed, silent ones included.
        gap_limit: Silent TTLs allowed in a row.
        gap_action: 1 stop there, 2 try the last ditch.
        loop_action: What a loop does.
        sent: Probes sent.
        wait_probe_cs: Least time between probes, in hundredths of a second.
        confidence: 95 or 99: how surely a hop's interfaces are all seen; 0: not asked.
        source: Address measured from.
        target: Address measured.
        user_id: A number of the user's.
        offset: Fragment offset of the probes.
        router: Address of the router that took the probes.
        window: TTLs in flight at once; None: 1.
        flags_32: Flags that do not fit into `flags`, which they repeat.
        stop_hop: Hop whose reply ended it.
        hops: Replies.
        last_ditch: Replies to probes of the last ditch.
        pmtud: Path MTU discovery.
        doubletree: Stop sets.
    """

    list: ScamperList | None = None
    cycle: ScamperCycle | None = None
    started_us: int | None = None
    stop_reason: int | None = None
    stop_data: int | None = None
    flags: int | None = None
    attempts: int | None = None
    hop_limit: int | None = None
    method: int | None = None
    probe_size: int | None = None
    source_port: int | None = None
    destination_port: int | None = None
    first_ttl: int | None = None
    tos: int | None = None
    wait_s: int | None = None
    loops: int | None = None
    hop_count: int | None = None
    gap_limit: int | None = None
    gap_action: int | None = None
    loop_action: int | None = None
    sent: int | None = None
    wait_probe_cs: int | None = None
    confidence: int | None = None
    source: str | None = None
    target: str | None = None
    user_id: int | None = None
    offset: int | None = None
    router: str | None = None
    window: int | None = None
    flags_32: int | None = None
    stop_hop: int | None = None
    unparsed: Unparsed | None = None
    hops: tuple[ScamperHop, ...] = ()
    last_ditch: tuple[ScamperHop, ...] | None = None
    pmtud: Pmtud | None = None
    doubletree: Doubletree | None = None
