"""Numbers appear where none were given, and stay where they were."""

from ipaddress import IPv4Address, IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from netsonde.lab import Topology
from netsonde.lab._elements import Attachment, Link
from netsonde.lab._numbering import LINKS_IN_BLOCK, derive_address, derive_network


def wires(topology: Topology) -> list[Link | Attachment]:
    return [*topology.links, *topology.attachments]


def reference() -> Topology:
    """The path of the design: link k is 5.1.k.0/30, the host 5.2.0.1."""
    topology = Topology().node("host", role="host")
    topology.chain("ce1", "pe1", "p1", "p2", "p3", "pe2", "ce2", "host")
    return topology.attach("vp", node="ce1").build()


def test_the_reference_path() -> None:
    topology = reference()
    subnets = [str(link.subnet) for link in topology.links]
    assert subnets == [*(f"5.1.{k}.0/30" for k in range(1, 7)), "5.2.0.0/24"]
    last = topology.links[-1]
    assert [[str(one) for one in pair] for pair in last.interfaces()] == [
        ["5.2.0.254", "5.2.0.1"],
        ["2a00:5:2::254", "2a00:5:2::1"],
    ]
    (vp,) = topology.attachments
    assert str(vp.subnet) == "5.1.0.0/30"
    assert str(vp.subnet6) == "2a00:5:1::/64"


def test_loopbacks_count_places_and_hosts_have_none() -> None:
    topology = reference()
    loopbacks = {node.name: str(node.loopback) for node in topology.nodes}
    assert loopbacks["host"] == "None"
    assert loopbacks["ce1"] == "5.3.0.2"
    assert loopbacks["pe1"] == "5.3.0.3"
    by_name = {node.name: node for node in topology.nodes}
    assert str(by_name["pe1"].loopback6) == "2a00:5:3::3"


def test_what_is_given_stays_and_keeps_its_place() -> None:
    topology = Topology().node("a").node("b", loopback="5.3.0.1").node("c")
    topology.link("a", "b", subnet="9.9.9.0/31").link("b", "c")
    built = topology.build()
    assert [str(link.subnet) for link in built.links] == ["9.9.9.0/31", "5.1.2.0/30"]
    assert str(built.links[0].subnet6) == "2a00:9:9:9::/64"
    loopbacks = [str(node.loopback) for node in built.nodes]
    assert loopbacks[1] == "5.3.0.1"
    assert len(set(loopbacks)) == 3


def test_addresses_given_in_one_family_are_mirrored_in_the_other() -> None:
    topology = Topology().node("a").node("b")
    topology.link("a", "b", subnet="5.9.0.0/24", addresses=["5.9.0.10", "5.9.0.20"])
    (link,) = topology.build().links
    assert [str(one) for one in link.addresses6 or ()] == ["2a00:5:9::10", "2a00:5:9::20"]


def test_one_family_only() -> None:
    for families, lacking in (([4], "subnet6"), ([6], "subnet")):
        topology = Topology(families=families).node("h", role="host").chain("a", "b", "h")
        built = topology.attach("vp", node="a").build()
        for wire in wires(built):
            assert getattr(wire, lacking) is None
            assert len(wire.interfaces()) == 1


def test_many_links_and_attachments_do_not_collide() -> None:
    topology = Topology().chain(*(f"r{n}" for n in range(600)))
    for n in range(20):
        topology.attach(f"vp{n}", node="r0")
    built = topology.build()  # which checks for collisions
    assert len(built.links) == 599
    assert len({link.subnet for link in built.links}) == 599
    assert str(built.attachments[1].subnet) == f"5.1.{LINKS_IN_BLOCK}.0/30"


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_derived_addresses_differ_where_the_given_ones_do(first: int, second: int) -> None:
    one, other = IPv4Address(first), IPv4Address(second)
    assert (derive_address(one) == derive_address(other)) == (one == other)


@given(st.integers(0, 2**30 - 1), st.integers(0, 2**30 - 1))
def test_derived_networks_differ_where_the_given_ones_do(first: int, second: int) -> None:
    one, other = IPv4Network((first << 2, 30)), IPv4Network((second << 2, 30))
    assert (derive_network(one) == derive_network(other)) == (one == other)
