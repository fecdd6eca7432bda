"""What a topology is made of: frozen values, one class per kind of thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Literal, Protocol

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Role = Literal["router", "host", "nat", "python"]

ROLES = ("router", "host", "nat", "python")
HASHES = ("5-tuple", "destination", "per-packet", "flow-label")
POPS = ("php", "uhp", "opaque")
TTL_MODES = ("uniform", "pipe")
LABEL_POLICIES = ("all-prefixes", "loopbacks")
UHP_LABELS = ("explicit-null", "allocated")
#: What each mutation takes besides the keys that all mutators have.
MUTATIONS: Mapping[str, tuple[str, ...]] = {
    "dscp": ("tos",),
    "source": ("address",),
    "source-port": ("add",),
    "tcp-option": ("kind", "action"),
    "tcp-mss": ("mss",),
    "tcp-sequence": ("offset",),
    "tcp-acknowledgment": ("offset",),
    "tcp-flags": ("clear",),
    "quote": ("change",),
    "truncate-extensions": ("bytes",),
    "extension-checksum": (),
    "strip-extensions": (),
    "late": ("delay",),
    "reflect": (),
    "forge": ("source", "blind"),
    "corrupt": (),
    "drop": (),
}
#: What is left of a TCP option that is taken out.
OPTION_ACTIONS = ("strip", "blank")
QUOTE_CHANGES = ("destination", "ports", "cut", "ttl")


class NodeHandler(Protocol):
    """A router or host written in Python."""

    def handle(self, now_ns: int, interface: int, packet: bytes) -> list[tuple[int, int, bytes]]:
        """Take one packet and return what to send: (delay_ns, interface, packet).

        Args:
            now_ns: The lab's clock.
            interface: Its number at this node, from 1: its links by name, then its attachments.
            packet: A whole IP packet, or a label stack and one.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Nat:
    """Translation of a node of role `nat`."""

    inside: tuple[str, ...] = ()
    address: IPv4Address | None = None
    translate_quotes: bool = True


@dataclass(frozen=True, kw_only=True)
class Node:
    """A router or host.

    `behaviour` holds only what differs from the profile, under the names of the profile's knobs.
    `handler` is an object with `handle` (see `NodeHandler`), a class or function that makes one,
    or the text `module:name` of such.
    """

    name: str
    profile: str = "cisco-ios"
    role: Role = "router"
    loopback: IPv4Address | None = None
    loopback6: IPv6Address | None = None
    addresses: tuple[Network, ...] = ()
    behaviour: Mapping[str, Any] = field(default_factory=dict)
    open_tcp_ports: tuple[int, ...] = ()
    open_udp_ports: tuple[int, ...] = ()
    nat: Nat | None = None
    handler: object = None


@dataclass(frozen=True, kw_only=True)
class Link:
    """A point-to-point link; `ends` are near and far side."""

    name: str
    ends: tuple[str, str]
    subnet: IPv4Network | None = None
    subnet6: IPv6Network | None = None
    addresses: tuple[IPv4Address, IPv4Address] | None = None
    addresses6: tuple[IPv6Address, IPv6Address] | None = None
    delay_ns: int = 1_000_000
    jitter_ns: int = 0
    loss: float = 0.0
    loss_back: float | None = None
    reorder: float = 0.0
    reorder_ns: int = 5_000_000
    duplicate: float = 0.0
    mtu: int = 1_500
    cost: tuple[int, int] = (1, 1)
    mpls: bool = True

    def interfaces(self) -> tuple[tuple[Address, Address], ...]:
        """Return near and far address per family that it is numbered in, IPv4 first."""
        both = ((self.subnet, self.addresses), (self.subnet6, self.addresses6))
        return tuple(
            addresses or first_two(subnet) for subnet, addresses in both if subnet is not None
        )


@dataclass(frozen=True, kw_only=True)
class LabelPin:
    """A label fixed by hand: `node` gives out `label` for the loopback of `egress`."""

    node: str
    egress: str
    label: int


@dataclass(frozen=True, kw_only=True)
class Domain:
    """Routers among which labels are distributed as LDP does.

    None for `labels`, `pop` and `ttl` leaves the choice to each member's profile.
    """

    name: str
    members: tuple[str, ...]
    labels: str | None = None
    pop: str | None = None
    ttl: str | None = None
    ttl_at: Mapping[str, str] = field(default_factory=dict)
    plain_ingress: tuple[str, ...] = ()
    uhp_label: str = "explicit-null"
    service_label: int | None = None
    label_base: int = 16_000
    pins: tuple[LabelPin, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lsp:
    """An LSP laid by hand along a path."""

    name: str
    path: tuple[str, ...]
    fec: tuple[Network, ...]
    return_fec: tuple[Network, ...] = ()
    pop: str = "php"
    ttl: str = "uniform"
    uhp_label: str = "explicit-null"
    labels: tuple[int, ...] = ()
    service_label: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ecmp:
    """How a node chooses among next hops."""

    node: str
    hash: str = "5-tuple"
    salt: int = 0
    next: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Route:
    """A static route; no `via` discards."""

    node: str
    prefix: Network
    via: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that happens at a time; `action` is as the engine takes it."""

    at_ns: int
    action: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Mutator:
    """A middlebox or liar on a link or attachment."""

    link: str
    mutation: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    sender: str | None = None
    to: tuple[Network, ...] = ()
    probability: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """Where one measurement host plugs in."""

    name: str
    node: str
    subnet: IPv4Network | None = None
    subnet6: IPv6Network | None = None
    address: IPv4Address | None = None
    address6: IPv6Address | None = None
    routed: tuple[Network, ...] = ()
    delay_ns: int = 0
    mtu: int = 1_500

    def interfaces(self) -> tuple[tuple[Address, Address], ...]:
        """Return host and router address per family that it is numbered in, IPv4 first."""
        found: list[tuple[Address, Address]] = []
        for subnet, host in ((self.subnet, self.address), (self.subnet6, self.address6)):
            if subnet is not None:
                first, second = first_two(subnet)
                found.append((host or first, second))
        return tuple(found)


def first_two(subnet: Network) -> tuple[Address, Address]:
    """Return the addresses that the near and far ends of a subnet take.

    Examples:
        >>> first_two(IPv4Network("5.1.2.0/30"))
        (IPv4Address('5.1.2.1'), IPv4Address('5.1.2.2'))
    """
    first = 1 if subnet.num_addresses > 2 else 0
    return subnet.network_address + first, subnet.network_address + first + 1
