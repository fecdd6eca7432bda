"""Tables of a topology file -> elements: one function per kind."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeVar

from netsonde.lab._elements import (
    HASHES,
    LABEL_POLICIES,
    POPS,
    ROLES,
    TTL_MODES,
    UHP_LABELS,
    Address,
    Attachment,
    Domain,
    Ecmp,
    LabelPin,
    Link,
    Lsp,
    Nat,
    Network,
    Node,
    Route,
)
from netsonde.lab._knobs import take_knobs
from netsonde.lab._reader import Table, integer, names, share, show, suggest, text

T = TypeVar("T")

LABEL = "a label from 16 to 1048575"
PREFIXES = 'a prefix such as "5.2.0.0/24", or a list of them'
_COST = "a cost from 1 to 65535, or two: near to far, far to near"


def read_node(name: str, table: Table, profiles: Iterable[str]) -> Node:
    """Return the node under `name`; `profiles` are the known ones.

    Raises:
        TopologyError: Something in it is refused.
    """
    handler = table.take_any("handler")
    role = table.take_choice("role", ROLES, "python" if handler is not None else "router")
    fallback = "host" if role == "host" else "cisco-ios"
    profile = table.take_choice("profile", profiles, fallback)
    nat = table.take_table("nat")
    if role == "nat" and nat is None:
        hint = 'such as nat = { inside = ["ce1-pe1"] }'
        raise table.error("nat", "the inside of a node of role nat", "nothing", hint)
    if role == "python" and handler is None:
        hint = 'handler = "module:Class"'
        raise table.error("handler", "the handler of a node of role python", "nothing", hint)
    node = Node(
        name=name,
        profile=profile,
        role=role,  # type: ignore[arg-type]  # one of ROLES
        loopback=table.take("loopback", "an IPv4 address", ipv4, None),
        loopback6=table.take("loopback6", "an IPv6 address", ipv6, None),
        addresses=table.take("addresses", PREFIXES, networks, ()),
        behaviour=take_knobs(table),
        open_tcp_ports=table.take("open_tcp_ports", "a list of ports", _ports, ()),
        open_udp_ports=table.take("open_udp_ports", "a list of ports", _ports, ()),
        nat=None if nat is None else _read_nat(nat),
        handler=handler,
    )
    table.finish()
    return node


def _read_nat(table: Table) -> Nat:
    nat = Nat(
        inside=table.require("inside", "a list of links and attachments", names),
        address=table.take("address", "an IPv4 address", ipv4, None),
        translate_quotes=table.take_bool("translate_quotes", True),
    )
    table.finish()
    return nat


def read_link(name: str, table: Table, nodes: Iterable[str]) -> Link:
    """Return the link under `name`, which says its ends ("pe1-p1") unless `ends` does.

    Raises:
        TopologyError: Something in it is refused.
    """
    ends = table.take("ends", "a list of two nodes", _pair(text), None)
    link = Link(
        name=name,
        ends=_ends(name, table, set(nodes)) if ends is None else ends,
        subnet=table.take("subnet", 'an IPv4 subnet such as "5.1.2.0/30"', subnet4, None),
        subnet6=table.take("subnet6", 'an IPv6 subnet such as "2a00::/64"', subnet6, None),
        addresses=table.take("addresses", "two IPv4 addresses", _pair(ipv4), None),
        addresses6=table.take("addresses6", "two IPv6 addresses", _pair(ipv6), None),
        delay_ns=table.take_duration("delay", Link.delay_ns),
        jitter_ns=table.take_duration("jitter", 0),
        loss=table.take_share("loss"),
        loss_back=table.take("loss_back", "a number from 0 to 1", share, None),
        reorder=table.take_share("reorder"),
        reorder_ns=table.take_duration("reorder_delay", Link.reorder_ns),
        duplicate=table.take_share("duplicate"),
        mtu=table.take_int("mtu", 68, 65_535, Link.mtu),
        cost=table.take("cost", _COST, costs, Link.cost),
        mpls=table.take_bool("mpls", True),
    )
    table.finish()
    return link


def _ends(name: str, table: Table, nodes: set[str]) -> tuple[str, str]:
    parts = name.split("-")
    splits = [("-".join(parts[:n]), "-".join(parts[n:])) for n in range(1, len(parts))]
    known = [split for split in splits if nodes.issuperset(split)]
    if len(known) == 1:
        return known[0]
    if len(known) > 1:
        hint = 'say which: ends = ["a", "b"]'
        raise table.error("", "a name that splits in one way", show(name), hint)
    unknown = [part for split in splits[:1] for part in split if part not in nodes]
    hint = suggest(unknown[0], nodes) if unknown else 'or give ends = ["a", "b"]'
    raise table.error("", 'two known nodes, as in "pe1-p1"', show(name), hint)


def read_domain(name: str, table: Table) -> Domain:
    """Return the label distribution domain under `name`.

    Raises:
        TopologyError: Something in it is refused.
    """
    ttl_at = table.take_table("ttl_at")
    modes: dict[str, str] = {}
    if ttl_at is not None:
        for node in ttl_at.keys():  # noqa: SIM118 - a table, not a dictionary
            modes[node] = ttl_at.take_choice(node, TTL_MODES, "uniform")
    pins = []
    for pin in table.take_list("pins"):
        pins.append(
            LabelPin(
                node=pin.require("node", "a node", text),
                egress=pin.require("egress", "a node", text),
                label=pin.require("label", LABEL, label),
            )
        )
        pin.finish()
    domain = Domain(
        name=name,
        members=table.require("members", "a list of nodes", names),
        labels=_choice(table, "labels", LABEL_POLICIES),
        pop=_choice(table, "pop", POPS),
        ttl=_choice(table, "ttl", TTL_MODES),
        ttl_at=modes,
        plain_ingress=table.take_names("plain_ingress"),
        uhp_label=table.take_choice("uhp_label", UHP_LABELS, "explicit-null"),
        service_label=table.take("service_label", LABEL, label, None),
        label_base=table.take("label_base", LABEL, label, 16_000),
        pins=tuple(pins),
    )
    table.finish()
    return domain


def read_lsp(name: str, table: Table) -> tuple[Lsp, Domain | None]:
    """Return the LSP under `name`, and a domain of its path if `labels` is a label policy.

    Raises:
        TopologyError: Something in it is refused.
    """
    policy = None
    if isinstance(table.peek("labels"), str):
        policy = table.take_choice("labels", LABEL_POLICIES, "")
    lsp = Lsp(
        name=name,
        path=table.require("path", "a list of at least two nodes", _path),
        fec=table.require("fec", PREFIXES, networks),
        return_fec=table.take("return_fec", PREFIXES, networks, ()),
        pop=table.take_choice("pop", POPS, "php"),
        ttl=table.take_choice("ttl", TTL_MODES, "uniform"),
        uhp_label=table.take_choice("uhp_label", UHP_LABELS, "explicit-null"),
        labels=table.take("labels", "a label policy or a list of labels", _labels, ()),
        service_label=table.take("service_label", LABEL, label, None),
    )
    table.finish()
    if policy is None:
        return lsp, None
    domain = Domain(
        name=name,
        members=lsp.path,
        labels=policy,
        pop=lsp.pop,
        ttl=lsp.ttl,
        uhp_label=lsp.uhp_label,
        service_label=lsp.service_label,
    )
    return lsp, domain


def read_ecmp(node: str, table: Table) -> Ecmp:
    """Return how `node` balances.

    Raises:
        TopologyError: Something in it is refused.
    """
    ecmp = Ecmp(
        node=node,
        hash=table.take_choice("hash", HASHES, "5-tuple"),
        salt=table.take_int("salt", 0, 2**63 - 1, 0),
        next=table.take_names("next"),
    )
    table.finish()
    return ecmp


def read_route(table: Table) -> Route:
    """Return a static route.

    Raises:
        TopologyError: Something in it is refused.
    """
    route = Route(
        node=table.require("node", "a node", text),
        prefix=table.require("prefix", 'a prefix such as "5.2.0.0/24"', network),
        via=table.take_names("via"),
    )
    table.finish()
    return route


def read_attachment(name: str, table: Table) -> Attachment:
    """Return the attachment under `name`.

    Raises:
        TopologyError: Something in it is refused.
    """
    attachment = Attachment(
        name=name,
        node=table.require("node", "the node that it plugs into", text),
        subnet=table.take("subnet", 'an IPv4 subnet such as "5.1.0.0/30"', subnet4, None),
        subnet6=table.take("subnet6", 'an IPv6 subnet such as "2a00::/64"', subnet6, None),
        address=table.take("address", "an IPv4 address", ipv4, None),
        address6=table.take("address6", "an IPv6 address", ipv6, None),
        routed=table.take("routed", PREFIXES, networks, ()),
        delay_ns=table.take_duration("delay", 0),
        mtu=table.take_int("mtu", 68, 65_535, 1_500),
    )
    table.finish()
    return attachment


def network(value: object) -> Network:
    """Return a prefix; a bare address is a prefix of one."""
    return value if isinstance(value, IPv4Network | IPv6Network) else ip_network(text(value))


def networks(value: object) -> tuple[Network, ...]:
    """Return prefixes from one or a list of them."""
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(network(item) for item in items)


def address(value: object) -> Address:
    """Return an address of either family."""
    return value if isinstance(value, IPv4Address | IPv6Address) else ip_address(text(value))


def ipv4(value: object) -> IPv4Address:
    """Return an IPv4 address."""
    return value if isinstance(value, IPv4Address) else IPv4Address(text(value))


def ipv6(value: object) -> IPv6Address:
    """Return an IPv6 address."""
    return value if isinstance(value, IPv6Address) else IPv6Address(text(value))


def subnet4(value: object) -> IPv4Network:
    """Return an IPv4 prefix."""
    return value if isinstance(value, IPv4Network) else IPv4Network(text(value))


def subnet6(value: object) -> IPv6Network:
    """Return an IPv6 prefix."""
    return value if isinstance(value, IPv6Network) else IPv6Network(text(value))


def costs(value: object) -> tuple[int, int]:
    """Return the two costs of a link from one or two numbers."""
    cost = integer(1, 65_535)
    if isinstance(value, list | tuple):
        return _pair(cost)(value)
    return cost(value), cost(value)


def label(value: object) -> int:
    """Return a label that is not reserved."""
    return integer(16, 1_048_575)(value)


def _labels(value: object) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError(value)
    return tuple(integer(0, 1_048_575)(item) for item in value)


def _path(value: object) -> tuple[str, ...]:
    path = names(value)
    if len(path) < 2:
        raise ValueError(value)
    return path


def _ports(value: object) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError(value)
    return tuple(integer(1, 65_535)(item) for item in value)


def _pair(convert: Callable[[Any], T]) -> Callable[[object], tuple[T, T]]:
    def both(value: object) -> tuple[T, T]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise ValueError(value)
        return convert(value[0]), convert(value[1])

    return both


def _choice(table: Table, key: str, choices: tuple[str, ...]) -> str | None:
    return table.take_choice(key, choices, "") or None
