"""The values of a topology know their own addresses."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from netsonde.lab._elements import Attachment, Link, first_two


def test_the_two_ends_of_a_subnet() -> None:
    assert [str(one) for one in first_two(IPv4Network("5.1.2.0/30"))] == ["5.1.2.1", "5.1.2.2"]
    assert [str(one) for one in first_two(IPv4Network("5.1.2.0/31"))] == ["5.1.2.0", "5.1.2.1"]
    assert [str(one) for one in first_two(IPv6Network("2a00::/127"))] == ["2a00::", "2a00::1"]
    assert [str(one) for one in first_two(IPv6Network("2a00::/64"))] == ["2a00::1", "2a00::2"]


def test_a_link_shows_its_addresses_per_family() -> None:
    plain = Link(name="a-b", ends=("a", "b"), subnet=IPv4Network("5.1.2.0/30"))
    assert plain.interfaces() == ((IPv4Address("5.1.2.1"), IPv4Address("5.1.2.2")),)
    given = (IPv6Address("2a00::8"), IPv6Address("2a00::9"))
    link = Link(name="a-b", ends=("a", "b"), subnet6=IPv6Network("2a00::/64"), addresses6=given)
    assert link.interfaces() == (given,)
    assert Link(name="a-b", ends=("a", "b")).interfaces() == ()


def test_an_attachment_shows_host_then_router() -> None:
    item = Attachment(
        name="vp",
        node="a",
        subnet=IPv4Network("5.1.0.0/29"),
        address=IPv4Address("5.1.0.5"),
        subnet6=IPv6Network("2a00::/64"),
    )
    assert [[str(one) for one in pair] for pair in item.interfaces()] == [
        ["5.1.0.5", "5.1.0.2"],
        ["2a00::1", "2a00::2"],
    ]
