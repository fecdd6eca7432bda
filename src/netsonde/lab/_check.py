"""What no single table shows: names that do not exist, numbers that collide, gaps in paths."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from netsonde.lab._elements import Address, Attachment, Link, Network, Node
from netsonde.lab._reader import TopologyError, join, show, suggest

if TYPE_CHECKING:
    from netsonde.lab._topology import Topology


def check(topology: "Topology") -> None:
    """Refuse a numbered topology that the engine could not build, or that nobody means.

    Raises:
        TopologyError: At the first thing that is wrong.
    """
    checker = _Checker(topology)
    checker.check_names()
    checker.check_label_switching()
    checker.check_hosts()
    checker.check_numbers()
    checker.check_connection()


class _Checker:
    def __init__(self, topology: "Topology") -> None:
        self.topology = topology
        self.nodes: Mapping[str, Node] = {node.name: node for node in topology.nodes}
        self.links: Mapping[str, Link] = {link.name: link for link in topology.links}
        self.attachments: Mapping[str, Attachment] = {
            item.name: item for item in topology.attachments
        }
        self.neighbours: dict[str, set[str]] = {name: set() for name in self.nodes}

    def error(self, key: str, expected: str, found: str, hint: str = "") -> TopologyError:
        file = self.topology.file
        return TopologyError(file=file, key=key, expected=expected, found=found, hint=hint)

    def know(self, key: str, name: str, known: Collection[str], kind: str) -> None:
        if name not in known:
            raise self.error(key, kind, show(name), suggest(name, known))

    def know_nodes(self, key: str, names: Iterable[str]) -> None:
        for name in names:
            self.know(key, name, self.nodes, "a known node")

    def check_names(self) -> None:
        for link in self.topology.links:
            key = join("link", link.name)
            self.know_nodes(key, link.ends)
            near, far = link.ends
            if near == far:
                raise self.error(key, "two different nodes", f'"{near}" twice')
            self.neighbours[near].add(far)
            self.neighbours[far].add(near)
        for item in self.topology.attachments:
            self.know_nodes(f"{join('attach', item.name)}.node", [item.node])
            if item.name in self.links:
                expected = "a name that no link has"
                raise self.error(join("attach", item.name), expected, show(item.name))
        for ecmp in self.topology.ecmps:
            self.know_nodes(join("ecmp", ecmp.node), [ecmp.node])
            self.check_adjacent(f"{join('ecmp', ecmp.node)}.next", ecmp.node, ecmp.next)
        for n, route in enumerate(self.topology.routes):
            self.know_nodes(f"route[{n}].node", [route.node])
            self.check_adjacent(f"route[{n}].via", route.node, route.via)
        wires = (*self.links, *self.attachments)
        for n, fault in enumerate(self.topology.faults):
            if "node" in fault.action:
                self.know_nodes(f"fault[{n}].node", [fault.action["node"]])
            else:
                self.know(f"fault[{n}].link", fault.action["link"], self.links, "a known link")
        for n, mutator in enumerate(self.topology.mutators):
            self.know(f"mutator[{n}].link", mutator.link, wires, "a known link or attachment")
            self.check_sender(f"mutator[{n}].from", mutator.link, mutator.sender)
        for node in self.topology.nodes:
            for name in node.nat.inside if node.nat else ():
                key = f"{join('node', node.name)}.nat.inside"
                self.know(key, name, self.wires_of(node.name), f"a link of {node.name}")

    def wires_of(self, node: str) -> list[str]:
        links = [link.name for link in self.topology.links if node in link.ends]
        return links + [item.name for item in self.topology.attachments if item.node == node]

    def check_sender(self, key: str, wire: str, sender: str | None) -> None:
        if sender is None:
            return
        link = self.links.get(wire)
        ends = link.ends if link else (self.attachments[wire].node, "host")
        self.know(key, sender, ends, f"an end of {wire}")

    def check_adjacent(self, key: str, node: str, others: Iterable[str]) -> None:
        for other in others:
            self.know_nodes(key, [other])
            if other not in self.neighbours[node]:
                hint = suggest(other, self.neighbours[node])
                raise self.error(key, f"a neighbour of {node}", show(other), hint)

    def check_label_switching(self) -> None:
        home: dict[str, str] = {}
        for domain in self.topology.domains:
            key = join("mpls", domain.name)
            self.know_nodes(f"{key}.members", domain.members)
            for name in domain.members:
                if home.setdefault(name, domain.name) != domain.name:
                    expected = "nodes of no other domain"
                    found = f'"{name}", which is in {home[name]}'
                    raise self.error(f"{key}.members", expected, found)
            mentioned = [
                *(("ttl_at", name) for name in domain.ttl_at),
                *(("plain_ingress", name) for name in domain.plain_ingress),
                *(("pins", name) for pin in domain.pins for name in (pin.node, pin.egress)),
            ]
            for field, name in mentioned:
                self.know(f"{key}.{field}", name, domain.members, "a member of the domain")
        for lsp in self.topology.lsps:
            key = join("lsp", lsp.name)
            self.know_nodes(f"{key}.path", lsp.path)
            for node, other in zip(lsp.path, lsp.path[1:], strict=False):
                self.check_adjacent(f"{key}.path", node, [other])
            if lsp.labels and len(lsp.labels) != len(lsp.path) - 1:
                expected = f"{len(lsp.path) - 1} labels, one per hop"
                raise self.error(f"{key}.labels", expected, f"{len(lsp.labels)}")

    def check_hosts(self) -> None:
        for node in self.topology.nodes:
            wires = self.wires_of(node.name)
            if node.role == "host" and len(wires) != 1:
                expected = "one link to a host"
                raise self.error(join("node", node.name), expected, f"{len(wires)}")
        for item in self.topology.attachments:
            if self.nodes[item.node].role == "host":
                key = f"{join('attach', item.name)}.node"
                raise self.error(key, "a router", f'"{item.node}", a host')

    def check_numbers(self) -> None:
        owners: dict[Address, str] = {}
        subnets: dict[Network, str] = {}
        for key, subnet, addresses in self.numbered():
            if subnet is not None and subnets.setdefault(subnet, key) != key:
                found = f"{subnet}, which {subnets[subnet]} has"
                raise self.error(key, "a subnet of its own", found)
            if len(set(addresses)) < len(addresses):
                raise self.error(key, "two different addresses", f"{addresses[0]} twice")
            for address in addresses:
                if subnet is not None and address not in subnet:
                    raise self.error(key, f"addresses in {subnet}", str(address))
                if owners.setdefault(address, key) != key:
                    found = f"{address}, which {owners[address]} has"
                    raise self.error(key, "an address of its own", found)

    def numbered(self) -> Iterator[tuple[str, Network | None, list[Address]]]:
        """Yield key, subnet and addresses of everything that has a number."""
        for node in self.topology.nodes:
            loopbacks = [item for item in (node.loopback, node.loopback6) if item is not None]
            yield f"{join('node', node.name)}.loopback", None, list(loopbacks)
            for prefix in node.addresses:
                yield f"{join('node', node.name)}.addresses", prefix, []
        wires: list[tuple[str, Link | Attachment]] = [
            *((join("link", link.name), link) for link in self.topology.links),
            *((join("attach", item.name), item) for item in self.topology.attachments),
        ]
        for key, wire in wires:
            subnets = {"subnet": wire.subnet, "subnet6": wire.subnet6}
            given = {name: subnet for name, subnet in subnets.items() if subnet is not None}
            for name, subnet in given.items():
                if subnet.num_addresses < 2:
                    raise self.error(f"{key}.{name}", "a subnet with room for two", str(subnet))
            for (name, subnet), addresses in zip(given.items(), wire.interfaces(), strict=True):
                yield f"{key}.{name}", subnet, list(addresses)

    def check_connection(self) -> None:
        if not self.nodes:
            raise self.error("node", "at least one node", "none", "[node.r1]")
        start = next(iter(self.nodes))
        reached, edge = {start}, [start]
        while edge:
            for other in self.neighbours[edge.pop()] - reached:
                reached.add(other)
                edge.append(other)
        for name in self.nodes:
            if name not in reached:
                hint = f'a link such as "{start}-{name}"'
                raise self.error(join("node", name), f"a path to {start}", "none", hint)
