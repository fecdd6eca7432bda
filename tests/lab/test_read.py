"""Each kind of table becomes its element, or an error that names the key."""

from collections.abc import Callable
from ipaddress import ip_network

import pytest

from netsonde.lab._elements import LabelPin
from netsonde.lab._read import (
    read_attachment,
    read_domain,
    read_ecmp,
    read_link,
    read_lsp,
    read_node,
    read_route,
)
from netsonde.lab._reader import Table, TopologyError

NODES = ["a", "b", "b-c", "c"]


def table(**content: object) -> Table:
    return Table("net.toml", "here", content)


def test_a_node() -> None:
    node = read_node(
        "a",
        table(profile="junos", loopback="5.3.0.9", te_ttl=64, addresses="5.2.0.0/24"),
        ["junos", "cisco-ios", "host"],
    )
    assert (node.name, node.profile, node.role, str(node.loopback)) == (
        "a",
        "junos",
        "router",
        "5.3.0.9",
    )
    assert node.behaviour == {"te_ttl": 64}
    assert node.addresses == (ip_network("5.2.0.0/24"),)


def test_profiles_and_roles_by_default() -> None:
    known = ["cisco-ios", "host"]
    assert read_node("a", table(), known).profile == "cisco-ios"
    assert read_node("a", table(role="host"), known).profile == "host"
    assert read_node("a", table(handler="m:C"), known).role == "python"


def test_a_link_says_its_ends_by_its_name() -> None:
    assert read_link("a-b", table(), NODES).ends == ("a", "b")
    assert read_link("a-b-c", table(), ["a", "b-c"]).ends == ("a", "b-c")
    assert read_link("uplink", table(ends=["a", "c"]), NODES).ends == ("a", "c")


def test_a_name_that_splits_in_two_ways_is_refused() -> None:
    with pytest.raises(TopologyError, match="splits in one way"):
        read_link("a-b-c", table(), [*NODES, "a-b"])


def test_the_numbers_of_a_link() -> None:
    content = {
        "subnet": "5.1.2.0/30",
        "addresses": ["5.1.2.2", "5.1.2.1"],
        "delay": "4ms",
        "jitter": "0.3ms",
        "loss": 0.01,
        "loss_back": 0.5,
        "reorder": 0.02,
        "reorder_delay": "1ms",
        "duplicate": 0.25,
        "mtu": 1400,
        "cost": [1, 9],
        "mpls": False,
    }
    link = read_link("a-b", table(**content), NODES)
    assert (link.delay_ns, link.jitter_ns, link.reorder_ns) == (4_000_000, 300_000, 1_000_000)
    assert (link.loss, link.loss_back, link.reorder, link.duplicate) == (0.01, 0.5, 0.02, 0.25)
    assert (link.mtu, link.cost, link.mpls) == (1400, (1, 9), False)
    assert [str(one) for one in link.addresses or ()] == ["5.1.2.2", "5.1.2.1"]
    assert read_link("a-b", table(cost=7), NODES).cost == (7, 7)
    assert read_link("a-b", table(), NODES).loss_back is None


def test_a_domain() -> None:
    domain = read_domain(
        "core",
        table(
            members=["a", "b"],
            ttl="pipe",
            ttl_at={"a": "uniform"},
            pins=[{"node": "a", "egress": "b", "label": 100}],
        ),
    )
    assert (domain.ttl, domain.pop, domain.labels) == ("pipe", None, None)
    assert domain.ttl_at == {"a": "uniform"}
    assert domain.pins == (LabelPin(node="a", egress="b", label=100),)


def test_an_lsp_with_a_label_policy_is_a_domain_too() -> None:
    content = {"path": ["a", "b"], "fec": "5.2.0.0/24", "pop": "uhp", "ttl": "pipe"}
    lsp, none = read_lsp("core", table(**content, labels=[100]))
    assert none is None
    assert lsp.labels == (100,)
    lsp, domain = read_lsp("core", table(**content, labels="loopbacks"))
    assert lsp.labels == ()
    assert domain is not None
    assert (domain.members, domain.labels, domain.pop, domain.ttl) == (
        ("a", "b"),
        "loopbacks",
        "uhp",
        "pipe",
    )


def test_the_rest() -> None:
    assert read_ecmp("a", table(next=["b"], hash="per-packet", salt=3)).hash == "per-packet"
    route = read_route(table(node="a", prefix="5.2.0.1", via=[]))
    assert str(route.prefix) == "5.2.0.1/32"
    item = read_attachment("vp", table(node="a", delay="1ms", routed=["5.9.0.0/16"]))
    assert (item.delay_ns, [str(one) for one in item.routed]) == (1_000_000, ["5.9.0.0/16"])


def node(content: Table) -> object:
    return read_node("a", content, ["junos"])


def link(content: Table) -> object:
    return read_link("a-b", content, NODES)


def domain(content: Table) -> object:
    return read_domain("core", content)


def lsp(content: Table) -> object:
    return read_lsp("te", content)


def ecmp(content: Table) -> object:
    return read_ecmp("a", content)


def attachment(content: Table) -> object:
    return read_attachment("vp", content)


@pytest.mark.parametrize(
    ("read", "content", "key"),
    [
        (node, {"profile": "juno"}, "here.profile"),
        (node, {"profile": "junos", "loopback": "5.3.0"}, "here.loopback"),
        (node, {"profile": "junos", "loopback": 5}, "here.loopback"),
        (node, {"profile": "junos", "loopback6": "5.3.0.1"}, "here.loopback6"),
        (node, {"profile": "junos", "addresses": "5.2.0.1/24"}, "here.addresses"),
        (node, {"profile": "junos", "role": "switch"}, "here.role"),
        (node, {"profile": "junos", "role": "nat"}, "here.nat"),
        (node, {"profile": "junos", "role": "nat", "nat": {}}, "here.nat.inside"),
        (node, {"profile": "junos", "role": "python"}, "here.handler"),
        (node, {"profile": "junos", "open_tcp_ports": [0]}, "here.open_tcp_ports"),
        (link, {"subnet": "5.1.2.1/30"}, "here.subnet"),
        (link, {"subnet6": "5.1.2.0/30"}, "here.subnet6"),
        (link, {"addresses": ["5.1.2.1"]}, "here.addresses"),
        (link, {"ends": ["a"]}, "here.ends"),
        (link, {"mtu": 67}, "here.mtu"),
        (link, {"cost": 0}, "here.cost"),
        (link, {"cost": [1, 2, 3]}, "here.cost"),
        (link, {"loss": 2}, "here.loss"),
        (domain, {}, "here.members"),
        (domain, {"members": ["a"], "ttl": "short"}, "here.ttl"),
        (domain, {"members": ["a"], "ttl_at": {"a": "x"}}, "here.ttl_at.a"),
        (domain, {"members": ["a"], "label_base": 15}, "here.label_base"),
        (domain, {"members": ["a"], "pins": [{"node": "a"}]}, "here.pins[0].egress"),
        (lsp, {"path": ["a"], "fec": "5.2.0.0/24"}, "here.path"),
        (lsp, {"path": ["a", "b"]}, "here.fec"),
        (lsp, {"path": ["a", "b"], "fec": "5.2.0.0/24", "labels": "all"}, "here.labels"),
        (lsp, {"path": ["a", "b"], "fec": "5.2.0.0/24", "labels": [-1]}, "here.labels"),
        (ecmp, {"hash": "6-tuple"}, "here.hash"),
        (attachment, {}, "here.node"),
        (attachment, {"node": "a", "address": "::1"}, "here.address"),
        (attachment, {"node": "a", "nod": "a"}, "here"),
    ],
)
def test_what_is_refused(
    read: Callable[[Table], object], content: dict[str, object], key: str
) -> None:
    with pytest.raises(TopologyError) as caught:
        read(table(**content))
    assert caught.value.key == key


def test_an_unknown_end_is_told_its_neighbour() -> None:
    with pytest.raises(TopologyError) as caught:
        read_link("pe1-edge22", table(), ["pe1", "edge2"])
    assert caught.value.hint == "did you mean edge2?"
