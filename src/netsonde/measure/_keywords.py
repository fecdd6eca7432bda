"""The keyword options of the measuring functions, named as in the job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from netsonde.measure._choose import VantageLike
    from netsonde.model import (
        Algorithm,
        AliasMethod,
        AliasProbe,
        DnsTransport,
        FingerprintMethod,
        MptcpOffer,
        MultipathMethod,
        PingMethod,
        TraceMethod,
    )

#: Probes per second unless asked otherwise: polite towards one path, fast enough for it.
RATE_PPS_DEFAULT = 100
#: Probes awaiting a reply at once unless asked otherwise.
IN_FLIGHT_MAX_DEFAULT = 1_000


class RunKeywords(TypedDict, total=False):
    """Options of every measurement.

    Attributes:
        vantage: Where to measure from; this host unless a lab (or any `Vantage`) is given.
        privilege: What to ask of this host: raw sockets (`raw`), UDP and ping sockets only
            (`none`), or the best that it allows (`auto`, the default).
        link: How packets leave this host: as Ethernet frames where routes are plain and by raw
            sockets else (`auto`, the default), as frames or not at all (`packet`), by raw sockets
            only (`raw`). The start event tells what was chosen.
        family: 4 or 6: which address of a host name to take; without it the resolver's first.
        allow_special_purpose: Measure private, documentation, loopback and other special-purpose
            addresses (RFC 6890) too.
        exclude: Do-not-probe list: prefixes, or files of them, to which nothing is sent, neither
            to a target nor to an address found on the way; beside `~/.config/netsonde/exclude`.
        rate_pps: Probes per second over all targets, 1 or more; never exceeded in any second.
        in_flight_max: Probes awaiting a reply at once over all targets, 1 or more.
        probes_per_target: Probes that one target may cost, everything included.
        probes_total: Probes that all targets together may cost.
        deadline_ms: After this long, in milliseconds, measurements end with what they have.
        origin: Who asked: free text for the records.
        seed: Orders targets and draws flow identifiers; drawn at random on a host, 1 in a lab.
        pcap: Write the packets that are sent and received to this file, as pcapng.
    """

    vantage: VantageLike
    privilege: Literal["auto", "raw", "none"]
    link: Literal["auto", "packet", "raw"]
    family: Literal[4, 6] | None
    allow_special_purpose: bool
    exclude: Iterable[str | Path]
    rate_pps: int
    in_flight_max: int
    probes_per_target: int
    probes_total: int
    deadline_ms: int | None
    origin: str
    seed: int | None
    pcap: str | Path | None


class PingKeywords(RunKeywords, total=False):
    """Options of ping; ranges and defaults are those of `netsonde.model.PingOptions`."""

    method: PingMethod | Literal["icmp", "udp", "tcp-syn", "tcp-ack"]
    count: int
    interval_ms: int
    timeout_ms: int
    size: int
    ttl: int
    tos: int
    destination_port: int


class TraceKeywords(RunKeywords, total=False):
    """Options of trace; ranges and defaults are those of `netsonde.model.TraceOptions`.

    `mtu` may be true: the search then begins with what the vantage's own interface carries.
    """

    method: TraceMethod | Literal["icmp-paris", "udp-paris", "tcp-syn"]
    first_ttl: int
    last_ttl: int
    attempts: int
    all_attempts: bool
    wait_ms: int
    gap_limit: int
    loop_limit: int
    window: int
    size: int
    tos: int
    destination_port: int
    flow: int
    mtu: int | bool


class TntKeywords(TraceKeywords, total=False):
    """Options of tnt: those of trace, and those of `netsonde.model.TntOptions`."""

    ping_count: int
    frpla_min: int
    rtla_min: int
    brute_force: bool
    reveal_64_64: bool
    treat_as_public: bool
    flow_retries: int
    opaque_min: int
    opaque_max: int


class AliasKeywords(RunKeywords, total=False):
    """Options of alias; ranges and defaults are those of `netsonde.model.AliasOptions`."""

    method: (
        AliasMethod
        | Literal["auto", "mercator", "ally", "midar", "radargun", "prefixscan", "speedtrap"]
    )
    probe: AliasProbe | Literal["auto", "icmp", "udp", "tcp-ack"]
    attempts: int
    wait_ms: int
    gap_ms: int
    interval_ms: int
    samples: int
    rounds: int
    round_gap_ms: int
    fudge: int
    shuffle: bool
    byte_swap: bool
    near: int
    far: int
    false_positive_ppm: int
    prefix_len: int
    destination_port: int
    all_pairs: bool


class DnsKeywords(TypedDict, total=False):
    """Options of dns; ranges and defaults are those of `netsonde.model.DnsOptions`."""

    types: Sequence[str]
    servers: Sequence[str]
    port: int
    transport: DnsTransport | Literal["udp", "tcp"] | None
    attempts: int
    timeout_ms: int
    recursion_desired: bool
    dnssec: bool
    nsid: bool
    rate_pps: int
    in_flight_max: int


class FingerprintKeywords(RunKeywords, total=False):
    """Options of fingerprint; ranges and defaults are those of `FingerprintOptions`."""

    methods: Sequence[FingerprintMethod | Literal["ttl", "snmpv3", "lfp"]]
    attempts: int
    wait_ms: int
    closed_port: int
    snmp_port: int


class TcpKeywords(RunKeywords, total=False):
    """Options of tcp; ranges and defaults are those of `netsonde.model.TcpOptions`."""

    destination_port: int
    attempts: int
    wait_ms: int
    mptcp: MptcpOffer | Literal["none", "v0", "v1"]
    ecn: bool
    fast_open: bool
    mss: int
    tos: int
    path: bool
    first_ttl: int
    last_ttl: int
    gap_limit: int
    window: int


class MultipathKeywords(RunKeywords, total=False):
    """Options of multipath: those of `netsonde.model.MultipathOptions`, and of `TntOptions`."""

    method: (
        MultipathMethod
        | Literal["icmp-echo", "udp-sport", "udp-dport", "tcp-sport", "tcp-ack-sport"]
    )
    algorithm: Algorithm | Literal["mda-lite", "mda"]
    confidence: float
    branch_points: int
    meshing_flows: int
    per_packet: bool
    destinations: int
    tnt: bool
    first_ttl: int
    last_ttl: int
    attempts: int
    wait_ms: int
    gap_limit: int
    loop_limit: int
    window: int
    flows_max: int
    hop_probes_max: int
    size: int
    tos: int
    destination_port: int
    vary_flow_label: bool
    ping_count: int
    frpla_min: int
    rtla_min: int
    brute_force: bool
    reveal_64_64: bool
    treat_as_public: bool
    flow_retries: int
    opaque_min: int
    opaque_max: int
