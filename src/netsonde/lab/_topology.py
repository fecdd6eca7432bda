"""A virtual Internet, from a TOML file or built by calls; the same schema either way."""

from __future__ import annotations

import copy
import os
import tomllib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Self, Unpack

from netsonde.lab import _settings as settings
from netsonde.lab._check import check
from netsonde.lab._elements import (
    Attachment,
    Domain,
    Ecmp,
    Fault,
    Link,
    Lsp,
    Mutator,
    Node,
    Route,
)
from netsonde.lab._engine import engine_json
from netsonde.lab._numbering import number_links, number_nodes
from netsonde.lab._profiles import profiles
from netsonde.lab._read import (
    read_attachment,
    read_domain,
    read_ecmp,
    read_link,
    read_lsp,
    read_node,
    read_route,
)
from netsonde.lab._read_incidents import read_fault, read_mutator
from netsonde.lab._reader import Table, TopologyError, integer, join, names, show

SEED_MAX = 2**63 - 1
_BUILT = "<python>"
_NO_CHAINS: tuple[tuple[str, ...], ...] = ()
_CHAIN = "a list of nodes, or a list of such lists"


class Topology:
    """A topology under construction; `build` numbers and checks it.

    Args:
        seed: Seeds every random stream of the lab.
        families: 4, 6 or both; what is numbered automatically.
        file: Named in errors.
        defaults: What every node is that is no host and does not say otherwise, such as
            `{"profile": "junos"}`.

    Examples:
        >>> topology = Topology(seed=7)
        >>> _ = topology.node("a").node("b", profile="junos").node("h", role="host")
        >>> _ = topology.link("a", "b", delay="4ms").link("b", "h").attach("vp", node="a")
        >>> [str(link.subnet) for link in topology.build().links]
        ['5.1.1.0/30', '5.2.0.0/24']
    """

    def __init__(
        self,
        *,
        seed: int = 42,
        families: Sequence[int] = (4, 6),
        defaults: settings.NodeSettings | None = None,
        file: str = _BUILT,
    ) -> None:
        self.seed = seed
        self.families = tuple(families)
        self.file = file
        self.defaults: Mapping[str, Any] = defaults or {}
        self.nodes: list[Node] = []
        self.links: list[Link] = []
        self.domains: list[Domain] = []
        self.lsps: list[Lsp] = []
        self.ecmps: list[Ecmp] = []
        self.routes: list[Route] = []
        self.faults: list[Fault] = []
        self.mutators: list[Mutator] = []
        self.attachments: list[Attachment] = []

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a topology file; `build` is still to be called.

        Raises:
            TopologyError: The file cannot be read, is not TOML, or a table in it is refused.
        """
        return cls.parse(read_file(path), file=os.fspath(path))

    @classmethod
    def parse(cls, content: str, *, file: str = "<text>") -> Self:
        """Read a topology from TOML text; `build` is still to be called.

        Raises:
            TopologyError: It is not TOML, or a table in it is refused.
        """
        table = parse_toml(content, file)
        topology = cls.take(table)
        table.finish()
        return topology

    @classmethod
    def take(cls, table: Table) -> Self:
        """Take the tables of a topology out of a file's, and leave the rest.

        Raises:
            TopologyError: A table is refused.
        """
        topology = cls(
            seed=table.take_int("seed", 0, SEED_MAX, 42),
            families=table.take("families", "a list of 4 and 6", _families, (4, 6)),
            file=table.file,
        )
        topology.defaults = _take_defaults(table)
        chains = table.take("chain", _CHAIN, _chains, _NO_CHAINS)
        nodes = dict(table.take_tables("node"))
        for name in dict.fromkeys([*(name for chain in chains for name in chain), *nodes]):
            topology._add_node(name, nodes.get(name) or topology._table(join("node", name), {}))
        links = dict(table.take_tables("link"))
        for chain in chains:
            topology._add_chain(chain, links)
        for name, part in links.items():
            topology._add_link(name, part)
        for name, part in table.take_tables("mpls"):
            topology.domains.append(read_domain(name, part))
        for name, part in table.take_tables("lsp"):
            topology._add_lsp(name, part)
        for name, part in table.take_tables("ecmp"):
            topology.ecmps.append(read_ecmp(name, part))
        topology.routes += [read_route(part) for part in table.take_list("route")]
        topology.faults += [read_fault(part) for part in table.take_list("fault")]
        topology.mutators += [read_mutator(part) for part in table.take_list("mutator")]
        for name, part in table.take_tables("attach"):
            topology.attachments.append(read_attachment(name, part))
        return topology

    def node(self, name: str, **knobs: Unpack[settings.NodeSettings]) -> Self:
        """Add a router or host."""
        self._add_node(name, self._table(join("node", name), knobs))
        return self

    def link(
        self, near: str, far: str, name: str = "", **knobs: Unpack[settings.LinkSettings]
    ) -> Self:
        """Add a link between two nodes; its name is "near-far" unless given."""
        name = name or f"{near}-{far}"
        self._add_link(name, self._table(join("link", name), {**knobs, "ends": [near, far]}))
        return self

    def chain(self, *names: str, **knobs: Unpack[settings.LinkSettings]) -> Self:
        """Link each node to the next one; names that are new become routers.

        The links are alike: `knobs` go to each of them.
        """
        known = {node.name for node in self.nodes}
        for name in names:
            if name not in known:
                self.node(name)
                known.add(name)
        for near, far in pairwise(names):
            self.link(near, far, **knobs)
        return self

    def mpls(
        self, name: str, members: Sequence[str], **knobs: Unpack[settings.DomainSettings]
    ) -> Self:
        """Add a label distribution domain, as LDP makes one."""
        table = self._table(join("mpls", name), {**knobs, "members": list(members)})
        self.domains.append(read_domain(name, table))
        return self

    def lsp(
        self,
        name: str,
        path: Sequence[str],
        fec: settings.Prefixes,
        **knobs: Unpack[settings.LspSettings],
    ) -> Self:
        """Add an LSP laid by hand."""
        table = self._table(join("lsp", name), {**knobs, "path": list(path), "fec": fec})
        self._add_lsp(name, table)
        return self

    def ecmp(self, node: str, **knobs: Unpack[settings.EcmpSettings]) -> Self:
        """Say how a node balances."""
        self.ecmps.append(read_ecmp(node, self._table(join("ecmp", node), knobs)))
        return self

    def route(self, node: str, prefix: settings.AnyPrefix, via: Sequence[str] = ()) -> Self:
        """Add a static route; without `via` it discards."""
        content = {"node": node, "prefix": prefix, "via": list(via)}
        self.routes.append(read_route(self._table(f"route[{len(self.routes)}]", content)))
        return self

    def fault(self, at: str, **knobs: Unpack[settings.FaultSettings]) -> Self:
        """Add something that happens at a time such as "12s"."""
        table = self._table(f"fault[{len(self.faults)}]", {**knobs, "at": at})
        self.faults.append(read_fault(table))
        return self

    def mutator(
        self,
        link: str,
        mutation: str,
        sender: str | None = None,
        **knobs: Unpack[settings.MutatorSettings],
    ) -> Self:
        """Put a middlebox or liar on a link; only packets that leave `sender`, if given."""
        content: dict[str, Any] = {**knobs, "link": link, "mutation": mutation}
        if sender is not None:
            content["from"] = sender
        table = self._table(f"mutator[{len(self.mutators)}]", content)
        self.mutators.append(read_mutator(table))
        return self

    def attach(self, name: str, node: str, **knobs: Unpack[settings.AttachmentSettings]) -> Self:
        """Say where a measurement host plugs in."""
        table = self._table(join("attach", name), {**knobs, "node": node})
        self.attachments.append(read_attachment(name, table))
        return self

    def build(self) -> Self:
        """Number what has no numbers, and check the whole. Returns a topology ready to run.

        Raises:
            TopologyError: At the first thing that is wrong.
        """
        names = {node.name: node for node in self.nodes}
        for link in self.links:
            for end in link.ends:
                if end not in names:
                    check(self)  # says it better than the KeyError would
        built = copy.copy(self)
        built.nodes = number_nodes(self.nodes, self.families)
        built.links, built.attachments = number_links(
            self.links, self.attachments, names, self.families
        )
        check(built)
        return built

    def reseed(self, seed: int) -> Self:
        """Return the same topology with another seed."""
        copied = copy.copy(self)
        copied.seed = seed
        return copied

    def to_engine(self) -> bytes:
        """Return a built topology as the engine takes it: one JSON object."""
        return engine_json(self)

    def _add_node(self, name: str, table: Table) -> None:
        self._refuse_twice(table, name, [node.name for node in self.nodes])
        if table.peek("role") != "host":
            table.inherit(self.defaults)
        self.nodes.append(read_node(name, table, profiles()))

    def _add_link(self, name: str, table: Table) -> None:
        self._refuse_twice(table, name, [link.name for link in self.links])
        self.links.append(read_link(name, table, [node.name for node in self.nodes]))

    def _add_chain(self, chain: Sequence[str], links: dict[str, Table]) -> None:
        """Link a chain of a file, taking what `links` says of its links."""
        for near, far in pairwise(chain):
            name = f"{near}-{far}"
            given = links.pop(name, None)
            if given is None:
                given = self._table(join("link", name), {"ends": [near, far]})
            self._add_link(name, given)

    def _add_lsp(self, name: str, table: Table) -> None:
        lsp, domain = read_lsp(name, table)
        self.lsps.append(lsp)
        if domain is not None:
            self.domains.append(domain)

    def _refuse_twice(self, table: Table, name: str, taken: Sequence[str]) -> None:
        if name in taken:
            raise table.error("", "a new name", f"{show(name)} again")

    def _table(self, key: str, content: Mapping[str, Any]) -> Table:
        return Table(self.file, key, content)


def read_file(path: str | os.PathLike[str]) -> str:
    """Return the text of a topology file.

    Raises:
        TopologyError: It cannot be read or is not UTF-8.
    """
    name = os.fspath(path)
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TopologyError(
            file=name, key="", expected="UTF-8", found="other bytes", offset=error.start
        ) from error
    except OSError as error:
        raise TopologyError(
            file=name,
            key="",
            expected="a readable topology file",
            found=(error.strerror or "an error").lower(),
            hint="see `netsonde lab list` for the scenarios that come with netsonde",
        ) from error


def parse_toml(content: str, file: str) -> Table:
    """Return the top table of a TOML text.

    Raises:
        TopologyError: It is not TOML.
    """
    try:
        return Table(file, "", tomllib.loads(content))
    except tomllib.TOMLDecodeError as error:
        raise TopologyError(file=file, key="", expected="TOML", found=str(error)) from error


def _take_defaults(table: Table) -> Mapping[str, Any]:
    """Return the table of defaults, read once by itself so that errors name it."""
    content = table.peek("defaults")
    part = table.take_table("defaults")
    if part is None:
        return {}
    read_node("defaults", part, profiles())
    return dict(content)


def _chains(value: object) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, list | tuple):
        raise TypeError(value)
    if all(isinstance(item, str) for item in value):
        value = [value]
    return tuple(names(item) for item in value)


def _families(value: object) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(value)
    found = tuple(integer(4, 6)(item) for item in value)
    if 5 in found:
        raise ValueError(value)
    return found
