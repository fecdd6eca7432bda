"""A topology as text: the path that matters as a line, what hangs off it below."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import pairwise

from netsonde.lab._elements import Link
from netsonde.lab._topology import Topology
from netsonde.lab._units import format_duration

_WIDTH = 96


def draw(topology: Topology, start: str, end: str, width: int = _WIDTH) -> list[str]:
    """Return the topology as lines: first the shortest chain from `start` to `end`.

    `─` joins two nodes, `═` two nodes of one label distribution domain or hand-made LSP.
    Every link appears once. Long chains wrap.

    Args:
        topology: Numbered.
        start: Where the drawing begins; the node of the attachment.
        end: Where the first chain ends, if it can be reached; the target.
        width: Columns.
    """
    left = {frozenset(link.ends): link for link in topology.links}
    lines: list[str] = []
    for chain in _chains(topology, left, start, end):
        lines += _wrap(_joined(topology, chain), width, indent=0 if not lines else 2)
    return lines


def link_table(topology: Topology) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield a row per link: near node, near addresses, far addresses, far node, what is special."""
    for link in topology.links:
        pairs = link.interfaces()
        near = " ".join(str(pair[0]) for pair in pairs)
        far = " ".join(str(pair[1]) for pair in pairs)
        yield link.ends[0], near, far, link.ends[1], _special(link)


def _special(link: Link) -> str:
    usual = Link(name="", ends=("", ""))
    notes = []
    if link.delay_ns != usual.delay_ns:
        notes.append(format_duration(link.delay_ns))
    if link.jitter_ns:
        notes.append(f"jitter {format_duration(link.jitter_ns)}")
    for name in ("loss", "loss_back", "reorder", "duplicate"):
        if share := getattr(link, name):
            notes.append(f"{name} {share:.3g}")
    if link.mtu != usual.mtu:
        notes.append(f"mtu {link.mtu}")
    if link.cost != usual.cost:
        near, far = link.cost
        notes.append(f"cost {near}" if near == far else f"cost {near}/{far}")
    return ", ".join(notes)


def _chains(
    topology: Topology, left: dict[frozenset[str], Link], start: str, end: str
) -> Iterator[list[str]]:
    """Yield chains of nodes until every link is used: the first one from `start` to `end`."""
    chain = _shortest(topology, start, end)
    drawn: list[str] = []
    while True:
        for pair in pairwise(chain):
            left.pop(frozenset(pair), None)
        drawn += [name for name in chain if name not in drawn]
        yield chain
        following = next((name for name in drawn if _next(left, name)), None)
        if following is None:
            return
        chain = [following]
        while step := _next(left, chain[-1], avoid=chain):
            chain.append(step)
            if step in drawn:
                break


def _next(
    left: dict[frozenset[str], Link], name: str, avoid: list[str] | None = None
) -> str | None:
    for ends in left:
        if name in ends:
            (other,) = ends - {name}
            if other not in (avoid or []):
                return other
    return None


def _shortest(topology: Topology, start: str, end: str) -> list[str]:
    """Return the nodes of a shortest chain; `start` alone if there is none."""
    came_from = {start: start}
    edge = deque([start])
    while edge:
        here = edge.popleft()
        for link in topology.links:
            if here in link.ends:
                other = link.ends[1 - link.ends.index(here)]
                if other not in came_from:
                    came_from[other] = here
                    edge.append(other)
    if end not in came_from:
        return [start]
    path = [end]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return path[::-1]


def _joined(topology: Topology, chain: list[str]) -> list[str]:
    """Return node names, each with the sign of the link that leads to it."""
    switched = [set(domain.members) for domain in topology.domains]
    paths = [set(map(frozenset, pairwise(lsp.path))) for lsp in topology.lsps]
    parts = [chain[0]]
    for near, far in pairwise(chain):
        labelled = any({near, far} <= members for members in switched)
        labelled = labelled or any(frozenset((near, far)) in path for path in paths)
        parts.append(f"{'═' if labelled else '─'} {far}")
    return parts


def _wrap(parts: list[str], width: int, indent: int) -> list[str]:
    lines = [" " * indent + parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + 1 + len(part) > width:
            lines.append(" " * (indent + 4) + part)
        else:
            lines[-1] += f" {part}"
    return lines
