"""The keywords that `Topology` methods take: those of the topology file, with types."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Literal, TypedDict

from netsonde.lab._elements import Role

AnyPrefix = str | IPv4Network | IPv6Network
Prefixes = AnyPrefix | Sequence[AnyPrefix]
Source = Literal["incoming", "facing-sender", "loopback", "probed"]
TtlMode = Literal["uniform", "pipe"]
Pop = Literal["php", "uhp", "opaque"]
LabelPolicy = Literal["all-prefixes", "loopbacks"]
UhpLabel = Literal["explicit-null", "allocated"]


class Limit(TypedDict, total=False):
    """A token bucket on ICMP errors: `rate` such as "50/s", `burst` messages at once."""

    rate: str
    burst: int
    scope: Literal["global", "destination", "interface"]
    echo: bool


class KnobSettings(TypedDict, total=False):
    """The knobs of a vendor profile, any of which a node may set otherwise."""

    te_ttl: int
    er_ttl: int
    te_ttl6: int
    er_ttl6: int
    unreachable_ttl: int
    tcp_ttl: int
    lse_ttl: int
    ttl: TtlMode
    labels: LabelPolicy
    pop: Pop
    pop_rule: Literal["min", "copy", "decrement-unchecked", "none"]
    label_expiry: Literal["icmp", "silent", "icmp-along-lsp"]
    icmp_source: Source
    udp_source: Source
    quote_len: int
    quoted_ttl: Literal["received", "one"]
    extensions: Literal["none", "rfc4884", "length-zero", "length-and-checksum-zero", "length-17"]
    whole_stack: bool
    interface_info: bool
    uhp_quirk: bool
    icmp: Limit | Literal["unlimited"]
    ip_id: Literal[
        "zero",
        "counter",
        "swapped",
        "interface",
        "destination",
        "protocol",
        "reflected",
        "constant",
        "random",
    ]
    ip_id_rate: str
    fragment_id: Literal["counter", "destination", "random"]
    heeds_too_big: bool
    silent: bool
    drops_echo: bool
    drops_udp: bool
    tcp: Literal["rst", "none"]
    tcp_features: Sequence[
        Literal[
            "sack",
            "timestamps",
            "window-scale",
            "ecn",
            "mptcp",
            "mptcp-v0",
            "fast-open",
            "mirror",
        ]
    ]
    tcp_mss: int
    too_big: Literal["tells", "tells-no-mtu", "silent"]
    too_big_mtu: int
    snmp_engine: str
    answer_delay: str
    icmp_tos: int


class NodeSettings(KnobSettings, total=False):
    """Of `Topology.node`."""

    profile: str
    role: Role
    loopback: str | IPv4Address
    loopback6: str | IPv6Address
    addresses: Prefixes
    open_tcp_ports: Sequence[int]
    open_udp_ports: Sequence[int]
    nat: dict[str, Any]
    handler: object


class LinkSettings(TypedDict, total=False):
    """Of `Topology.link`."""

    subnet: str | IPv4Network
    subnet6: str | IPv6Network
    addresses: Sequence[str | IPv4Address]
    addresses6: Sequence[str | IPv6Address]
    delay: str
    jitter: str
    loss: float
    loss_back: float
    reorder: float
    reorder_delay: str
    duplicate: float
    mtu: int
    cost: int | Sequence[int]
    mpls: bool


class DomainSettings(TypedDict, total=False):
    """Of `Topology.mpls`."""

    labels: LabelPolicy
    pop: Pop
    ttl: TtlMode
    ttl_at: dict[str, TtlMode]
    plain_ingress: Sequence[str]
    uhp_label: UhpLabel
    service_label: int
    label_base: int
    pins: Sequence[dict[str, Any]]


class LspSettings(TypedDict, total=False):
    """Of `Topology.lsp`."""

    return_fec: Prefixes
    pop: Pop
    ttl: TtlMode
    uhp_label: UhpLabel
    labels: LabelPolicy | Sequence[int]
    service_label: int


class EcmpSettings(TypedDict, total=False):
    """Of `Topology.ecmp`."""

    hash: Literal["5-tuple", "destination", "per-packet", "flow-label"]
    salt: int
    next: Sequence[str]


class FaultSettings(TypedDict, total=False):
    """Of `Topology.fault`: a node with `icmp`, or a link with one of the others."""

    node: str
    icmp: Literal["drop", "answer", "unlimited"] | Limit
    link: str
    state: Literal["up", "down"]
    reroute: str
    cost: int | Sequence[int]
    loss: float
    delay: str


class MutatorSettings(TypedDict, total=False):
    """Of `Topology.mutator`, besides what is mutated and how."""

    to: Prefixes
    probability: float
    tos: int
    address: str
    add: int
    change: Literal["destination", "ports", "cut", "ttl"]
    bytes: int
    kind: int
    action: Literal["strip", "blank"]
    mss: int
    offset: int
    clear: int
    delay: str
    source: str
    blind: bool


class AttachmentSettings(TypedDict, total=False):
    """Of `Topology.attach`."""

    subnet: str | IPv4Network
    subnet6: str | IPv6Network
    address: str | IPv4Address
    address6: str | IPv6Address
    routed: Prefixes
    delay: str
    mtu: int
