"""The job: what to measure, how, and how much it may cost. Mirrors `netsonde-probe/src/job.rs`."""

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Final

import msgspec

from netsonde.model._alias_options import AliasOptions
from netsonde.model._base import Address, Record, UInt8, UInt16, UInt32, UInt64
from netsonde.model._fingerprint import FingerprintOptions
from netsonde.model._multipath_options import MultipathOptions
from netsonde.model._tcp_options import TcpOptions

#: Version of the job and event schema; a job of another version is refused.
SCHEMA: Final = 1

_Positive8 = Annotated[int, msgspec.Meta(ge=1, le=255)]
_Positive32 = Annotated[int, msgspec.Meta(ge=1, le=4_294_967_295)]


class Kind(StrEnum):
    """What is measured."""

    PING = "ping"
    TRACE = "trace"
    TNT = "tnt"
    ALIAS = "alias"
    MULTIPATH = "multipath"
    FINGERPRINT = "fingerprint"
    TCP = "tcp"


class Privilege(StrEnum):
    """What the vantage may see: every header, or addresses and round-trip times only."""

    RAW = "raw"
    NONE = "none"


class Output(StrEnum):
    """In which form results leave the engine's process: JSON events, or record batches."""

    EVENTS = "events"
    COLUMNS = "columns"


class PingMethod(StrEnum):
    """The probe of a ping."""

    ICMP = "icmp"
    UDP = "udp"
    TCP_SYN = "tcp-syn"
    TCP_ACK = "tcp-ack"


class TraceMethod(StrEnum):
    """The probe of a trace; all keep one flow, so that per-flow balancers show one path."""

    ICMP_PARIS = "icmp-paris"
    UDP_PARIS = "udp-paris"
    TCP_SYN = "tcp-syn"


class Target(Record, frozen=True, kw_only=True):
    """One target and the address to probe it from.

    Attributes:
        address: IPv4 or IPv6 address to measure.
        source: Address of the vantage towards it, of the same family; routing decides it.
    """

    address: Address
    source: Address


class Budget(Record, frozen=True, kw_only=True):
    """How much a measurement may send.

    Attributes:
        per_target: Probes per target, everything included (pings and revelations of tnt too).
        total: Probes of the whole job.
    """

    per_target: _Positive32 = 2_000
    total: UInt64 = 2**64 - 1


class PrefixLimits(Record, frozen=True, kw_only=True):
    """What may be sent to all addresses of one prefix together.

    Attributes:
        rate_pps: Probes per second, never exceeded in any one-second window; 0 for no limit.
        probes: Probes of the whole job; 0 for no limit.
        v4_len: Length of an IPv4 prefix.
        v6_len: Length of an IPv6 prefix.
    """

    rate_pps: UInt32 = 0
    probes: UInt64 = 0
    v4_len: Annotated[int, msgspec.Meta(ge=0, le=32)] = 24
    v6_len: Annotated[int, msgspec.Meta(ge=0, le=128)] = 48


class PingOptions(Record, frozen=True, kw_only=True):
    """How to ping.

    Attributes:
        method: Probe: icmp echo, udp, tcp-syn or tcp-ack.
        count: Probes per target.
        interval_ms: Time between two probes to one target, in milliseconds.
        timeout_ms: Time a probe is waited for, in milliseconds.
        size: Whole IP packet, in bytes; raised to the smallest that the method can authenticate.
        ttl: IP TTL or hop limit of the probes.
        tos: Type of service or traffic class.
        destination_port: For udp and tcp; 0 for the method's own (33434 for udp, 80 for tcp).
    """

    method: PingMethod = PingMethod.ICMP
    count: _Positive32 = 4
    interval_ms: UInt32 = 1_000
    timeout_ms: _Positive32 = 1_000
    size: UInt16 = 84
    ttl: _Positive8 = 64
    tos: UInt8 = 0
    destination_port: UInt16 = 0


class TraceOptions(Record, frozen=True, kw_only=True):
    """How to trace.

    Attributes:
        method: Probe: icmp-paris, udp-paris or tcp-syn.
        first_ttl: First TTL probed.
        last_ttl: Last TTL probed.
        attempts: Probes per TTL until one is answered.
        all_attempts: Send every attempt even after an answer, for loss and RTT per hop.
        wait_ms: Time a probe is waited for, in milliseconds.
        gap_limit: Silent TTLs in a row after which the trace stops.
        loop_limit: Repeats of an address, not directly after itself, after which the trace stops;
            0 for no limit.
        window: TTLs in flight at once; 1 is stop-and-wait, 255 is all.
        size: Whole IP packet, in bytes; raised to the smallest that the method can authenticate.
        tos: Type of service or traffic class.
        destination_port: For udp and tcp; 0 for the method's own (33434 for udp, 80 for tcp).
        flow: Paris flow identifier: the same number gives the same path through per-flow balancers.
        mtu: Size in bytes at which the search for the MTU of each hop begins: that of the vantage's
            own interface; 0 for no search.
    """

    method: TraceMethod = TraceMethod.ICMP_PARIS
    first_ttl: _Positive8 = 1
    last_ttl: _Positive8 = 32
    attempts: _Positive8 = 3
    all_attempts: bool = False
    wait_ms: _Positive32 = 1_000
    gap_limit: _Positive8 = 5
    loop_limit: UInt8 = 1
    window: _Positive8 = 8
    size: UInt16 = 60
    tos: UInt8 = 0
    destination_port: UInt16 = 0
    flow: UInt16 = 0
    mtu: UInt16 = 0


class TntOptions(Record, frozen=True, kw_only=True):
    """How to look for MPLS tunnels, beyond the trace.

    Attributes:
        ping_count: Echo requests per address, for the TTL of its echo replies; 0 for none.
        frpla_min: Smallest FRPLA, in hops, that triggers a revelation.
        rtla_min: Smallest RTLA, in hops, that triggers a revelation.
        brute_force: Attempt a revelation between every pair of hops.
        reveal_64_64: Attempt a revelation towards every <64,64> egress, on which the triggers are
            blind.
        treat_as_public: Probe and reveal reserved addresses too (private cores, labs).
        flow_retries: Other flow identifiers tried when a revelation does not cross the ingress.
        opaque_min: Top LSE TTLs above this, and below `opaque_max`, are opaque tunnels.
        opaque_max: Top LSE TTLs below this, and above `opaque_min`, are opaque tunnels.
    """

    ping_count: UInt8 = 1
    frpla_min: UInt8 = 3
    rtla_min: UInt8 = 1
    brute_force: bool = False
    reveal_64_64: bool = True
    treat_as_public: bool = False
    flow_retries: UInt8 = 4
    opaque_min: UInt8 = 1
    opaque_max: UInt8 = 255


class Job(Record, frozen=True, kw_only=True):
    """One job, as every vantage accepts it.

    Attributes:
        schema: Version of this schema.
        id: UUIDv7, made by the caller.
        kind: What is measured.
        targets: What to measure, and from which address.
        stream_targets: More targets come while the job runs.
        ping: Options of kind ping.
        trace: Options of kind trace, and of the first trace of kind tnt.
        tnt: Options of kind tnt, and of the branches of kind multipath.
        alias: Options of kind alias; all targets are measured together.
        fingerprint: Options of kind fingerprint.
        multipath: Options of kind multipath.
        tcp: Options of kind tcp.
        rate_pps: Probes per second over all measurements, never exceeded in any one-second window.
        in_flight_max: Probes awaiting a reply at once, over all measurements.
        budget: How much the job may send.
        prefix: What may go to one prefix.
        exclude: Prefixes to which nothing is sent, neither to a target nor to an address that a
            measurement finds.
        deadline_ms: After this long, in milliseconds, the job ends with what it has; null: never.
        privilege: What the vantage may see.
        progress_ms: Least time between two progress events, in milliseconds; 0 for none.
        output: In which form results leave the engine's process; with columns there is no event
            for each reply and hop.
        origin: Who asked: free text for the records.
        epoch_ns: Unix time at the zero of the vantage's clock, in nanoseconds; null where time is
            virtual. Echoed in the start event, and not used otherwise.
        seed: Orders targets and draws flow identifiers.
        key: 32 hexadecimal digits: the SipHash key that authenticates replies. Never in results.
    """

    schema: int = SCHEMA
    id: str
    kind: Kind
    targets: tuple[Target, ...]
    stream_targets: bool = False
    ping: PingOptions = PingOptions()
    trace: TraceOptions = TraceOptions()
    tnt: TntOptions = TntOptions()
    alias: AliasOptions = AliasOptions()
    fingerprint: FingerprintOptions = FingerprintOptions()
    multipath: MultipathOptions = MultipathOptions()
    tcp: TcpOptions = TcpOptions()
    rate_pps: _Positive32
    in_flight_max: _Positive32
    budget: Budget = Budget()
    prefix: PrefixLimits = PrefixLimits()
    exclude: tuple[str, ...] = ()
    deadline_ms: UInt64 | None = None
    privilege: Privilege = Privilege.RAW
    progress_ms: UInt32 = 0
    output: Output = Output.EVENTS
    origin: str = ""
    epoch_ns: UInt64 | None = None
    seed: UInt64
    key: str


def job_id(unix_ms: int, random: bytes) -> str:
    """Return a UUIDv7: sorts by creation time, unique by chance.

    Args:
        unix_ms: Milliseconds since 1970-01-01 UTC, 0 to 2**48 - 1.
        random: 10 random bytes.

    Source:
        RFC 9562, section 5.7.

    Examples:
        >>> job_id(1_700_000_000_000, bytes(10))
        '018bcfe5-6800-7000-8000-000000000000'
    """
    value = int.from_bytes(unix_ms.to_bytes(6, "big") + random, "big")
    value = value & ~(0xF << 76) | 7 << 76  # version
    value = value & ~(0x3 << 62) | 2 << 62  # variant
    digits = f"{value:032x}"
    cuts = (0, 8, 12, 16, 20, 32)
    return "-".join(digits[start:end] for start, end in pairwise(cuts))
