"""Numbers links, loopbacks and hosts that have none, and derives IPv6 from IPv4.

IPv4 comes out of 5.0.0.0/8 and IPv6 out of 2a00:5::/32: public-looking, since TNT
skips reserved addresses, and unreachable from inside a namespace of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from netsonde.lab._elements import Attachment, Link, Node

#: Links numbered 5.1.k.0/30 before the attachments' block starts.
LINKS_IN_BLOCK = 200
#: Links and attachments that can be numbered automatically.
LINKS_MAX = 40_000


def derive_network(subnet: IPv4Network) -> IPv6Network:
    """Return the IPv6 subnet that goes with an IPv4 one: the same digits.

    Examples:
        >>> derive_network(IPv4Network("5.1.12.0/30")), derive_network(IPv4Network("5.1.2.4/30"))
        (IPv6Network('2a00:5:1:12::/64'), IPv6Network('2a00:5:1:2:4::/80'))
    """
    digits = str(subnet.network_address).split(".")
    if digits[3] == "0":
        return IPv6Network(f"2a00:{digits[0]}:{digits[1]}:{digits[2]}::/64")
    return IPv6Network(f"2a00:{':'.join(digits)}::/80")


def derive_address(address: IPv4Address) -> IPv6Address:
    """Return the IPv6 address with the digits of an IPv4 one.

    Examples:
        >>> derive_address(IPv4Address("5.3.0.2"))
        IPv6Address('2a00:5:3::2')
    """
    first, second, third, last = str(address).split(".")
    return IPv6Address(f"2a00:{first}:{second}:{third}::{last}")


def number_nodes(nodes: Sequence[Node], families: Collection[int]) -> list[Node]:
    """Return the nodes, every router with a loopback per family: 5.3.0.n by place in the file."""
    used = {node.loopback for node in nodes}
    numbered = []
    for place, node in enumerate(nodes, 1):
        if node.role in ("host", "python"):
            numbered.append(node)
            continue
        loopback, loopback6 = node.loopback, node.loopback6
        if loopback is None and 4 in families:
            loopback = IPv4Address(f"5.3.{place // 250}.{place % 250}")
            while loopback in used:
                loopback += 128  # a place taken by hand; blocks of 250 leave room
            used.add(loopback)
        if loopback6 is None and 6 in families:
            like = loopback or IPv4Address(f"5.3.{place // 250}.{place % 250}")
            loopback6 = derive_address(like)
        numbered.append(replace(node, loopback=loopback, loopback6=loopback6))
    return numbered


def number_links(
    links: Sequence[Link],
    attachments: Sequence[Attachment],
    nodes: Mapping[str, Node],
    families: Collection[int],
) -> tuple[list[Link], list[Attachment]]:
    """Return links and attachments, each with a subnet per family.

    Link k, from 1 in file order, is 5.1.k.0/30; the first attachment is 5.1.0.0/30, further ones
    5.1.200.0/30 and on. The link to host number h is 5.2.h.0/24, the host at .1 and its router at
    .254. A subnet that is given keeps its place in the count.
    """
    numbered, hosts = [], 0
    for place, link in enumerate(links, 1):
        side = next((n for n in (1, 0) if nodes[link.ends[n]].role == "host"), None)
        if side is None:
            numbered.append(_number_link(link, _block(place), families))
        else:
            numbered.append(_number_host_link(link, hosts, side, families))
            hosts += 1
    attached = [
        _number_attachment(item, 0 if place == 0 else LINKS_IN_BLOCK + place - 1, families)
        for place, item in enumerate(attachments)
    ]
    return numbered, attached


def _block(place: int) -> IPv4Network:
    if place < LINKS_IN_BLOCK:
        return IPv4Network(f"5.1.{place}.0/30")
    return IPv4Network(f"5.{16 + place // 256}.{place % 256}.0/30")


def _number_link(link: Link, block: IPv4Network, families: Collection[int]) -> Link:
    subnet = link.subnet or (block if 4 in families else None)
    subnet6 = link.subnet6
    if subnet6 is None and 6 in families:
        subnet6 = derive_network(subnet or block)
    addresses6 = link.addresses6
    if addresses6 is None and link.subnet6 is None and link.addresses and subnet and subnet6:
        near, far = (_same_place(subnet, subnet6, address) for address in link.addresses)
        addresses6 = (near, far)
    return replace(link, subnet=subnet, subnet6=subnet6, addresses6=addresses6)


def _number_host_link(link: Link, host: int, side: int, families: Collection[int]) -> Link:
    if link.subnet is not None or (4 not in families and link.subnet6 is not None):
        return _number_link(link, link.subnet or IPv4Network("5.2.0.0/24"), families)
    subnet = IPv4Network(f"5.2.{host}.0/24")
    subnet6 = link.subnet6 or derive_network(subnet)
    offsets = (254, 1) if side == 1 else (1, 254)
    near, far = (subnet.network_address + offset for offset in offsets)
    near6, far6 = (_same_place(subnet, subnet6, address) for address in (near, far))
    return replace(
        link,
        subnet=subnet if 4 in families else None,
        addresses=(link.addresses or (near, far)) if 4 in families else None,
        subnet6=subnet6 if 6 in families else None,
        addresses6=(link.addresses6 or (near6, far6)) if 6 in families else None,
    )


def _number_attachment(item: Attachment, block: int, families: Collection[int]) -> Attachment:
    subnet = item.subnet or (IPv4Network(f"5.1.{block}.0/30") if 4 in families else None)
    subnet6 = item.subnet6
    if subnet6 is None and 6 in families:
        subnet6 = derive_network(subnet or IPv4Network(f"5.1.{block}.0/30"))
    return replace(item, subnet=subnet, subnet6=subnet6)


def _same_place(subnet: IPv4Network, subnet6: IPv6Network, address: IPv4Address) -> IPv6Address:
    """Return the address of `subnet6` whose last digits are those of `address` in `subnet`."""
    place = int(address) - int(subnet.network_address)
    return subnet6.network_address + int(str(place), 16)
