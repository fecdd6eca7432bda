"""Paths as one graph: which router follows which, and what hides between."""

from __future__ import annotations

from itertools import groupby, pairwise
from operator import itemgetter
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsonde.report._survey import Ask

#: Paths drawn: more make a picture that nobody can read.
PATHS_MAX = 40
#: Passes over the columns that put neighbours beside each other.
_SWEEPS = 8


class Node(NamedTuple):
    """A router's address."""

    address: str
    hidden: bool
    """No drawn trace shows it: it was revealed."""
    target: bool
    column: int
    row: int


class Edge(NamedTuple):
    """Two addresses that follow each other on a path."""

    near: str
    far: str
    kind: str
    """`plain`; `silent` over hops that did not reply; `inner` within a tunnel revealed; `folded`
    over the hidden routers of a tunnel."""
    class_: str
    """Of the tunnel, for `inner` and `folded`."""
    hidden: int
    """Routers folded away."""
    paths: int


class Graph(NamedTuple):
    """What is drawn, and of how many paths."""

    nodes: list[Node]
    edges: list[Edge]
    paths: int
    paths_all: int


class _Stop(NamedTuple):
    address: str | None
    class_: str
    """Of the tunnel that hides it; empty if the trace shows it."""


class _Fold(NamedTuple):
    near: str
    far: str
    class_: str
    hidden: int


def graph(ask: Ask, paths_max: int = PATHS_MAX) -> Graph:
    """Return the graph of the paths with most tunnels, of others where there are too few.

    Args:
        ask: Answers SQL.
        paths_max: Paths drawn at most.
    """
    ((paths_all,),) = ask("SELECT count(*) FROM traces")
    chosen = ask(_CHOSEN, [paths_max])
    paths = _paths(ask, [trace for trace, _ in chosen])
    targets = {target for _, target in chosen}
    edges = _edges(paths)
    return Graph(_nodes(paths, edges, targets), edges, len(chosen), paths_all)


def _paths(ask: Ask, traces: list[int]) -> list[list[_Stop]]:
    """Return each path, hidden routers in their places."""
    hidden: dict[tuple[int, int], list[_Stop]] = {}
    rows = ask(_ROUTERS, [traces])
    for (trace, _), routers in groupby(rows, key=itemgetter(0, 1)):
        after = 0
        for _, _, address, ttl, class_, ingress_ttl in routers:
            after = after or ingress_ttl or 0
            if ttl is None:
                hidden.setdefault((trace, after), []).append(_Stop(address, class_))
            else:
                after = ttl
    paths: list[list[_Stop]] = []
    for trace, hops in groupby(ask(_HOPS, [traces]), key=itemgetter(0)):
        path = list(hidden.get((trace, 0), ()))
        for _, ttl, address in hops:
            path += [_Stop(address, ""), *hidden.get((trace, ttl), ())]
        paths.append(path)
    return paths


def _edges(paths: list[list[_Stop]]) -> list[Edge]:
    found: dict[tuple[str, str, str, str, int], int] = {}

    def add(near: str, far: str, kind: str, class_: str = "", hidden: int = 0) -> None:
        key = (near, far, kind, class_, hidden)
        found[key] = found.get(key, 0) + 1

    for path in paths:
        known = [(index, stop) for index, stop in enumerate(path) if stop.address is not None]
        for (index, near), (following, far) in pairwise(known):
            assert near.address is not None, "just looked at"
            assert far.address is not None, "just looked at"
            gap = following > index + 1
            class_ = near.class_ or far.class_
            kind = "inner" if class_ else "silent" if gap else "plain"
            add(near.address, far.address, kind, class_)
        for fold in _folds(path):
            add(fold.near, fold.far, "folded", fold.class_, fold.hidden)
    return [Edge(*key, count) for key, count in sorted(found.items())]


def _folds(path: list[_Stop]) -> Iterable[_Fold]:
    """Yield what is on either side of each run of hidden routers, and how many there are."""
    before: str | None = None
    run: list[_Stop] = []
    for stop in path:
        if stop.class_:
            run.append(stop)
            continue
        if stop.address is None:
            continue
        if run and before is not None:
            yield _Fold(before, stop.address, run[0].class_, len(run))
        before, run = stop.address, []


def _nodes(paths: list[list[_Stop]], edges: list[Edge], targets: set[str]) -> list[Node]:
    places: dict[str, list[int]] = {}
    visible: set[str] = set()
    for path in paths:
        for index, stop in enumerate(path):
            if stop.address is not None:
                places.setdefault(stop.address, []).append(index)
                if not stop.class_:
                    visible.add(stop.address)
    columns: dict[int, list[str]] = {}
    for address, indices in places.items():
        columns.setdefault(round(median(indices)), []).append(address)
    for addresses in columns.values():
        addresses.sort(key=lambda address: (":" in address, address))
    rows = _rows(columns, edges)
    return [
        Node(address, address not in visible, address in targets, column, rows[address])
        for column, addresses in sorted(columns.items())
        for address in addresses
    ]


def _rows(columns: dict[int, list[str]], edges: list[Edge]) -> dict[str, int]:
    """Return the place of each node in its column, near those it is joined to.

    The barycentre heuristic of Sugiyama, Tagawa and Toda (1981): nodes are put in the order of the
    mean place of their neighbours, over and over.
    """
    neighbours: dict[str, list[str]] = {}
    for edge in edges:
        neighbours.setdefault(edge.near, []).append(edge.far)
        neighbours.setdefault(edge.far, []).append(edge.near)
    tallest = max(map(len, columns.values()), default=0)
    place: dict[str, float] = {}

    def settle(addresses: list[str]) -> None:
        start = (tallest - len(addresses)) / 2
        place.update({address: start + index for index, address in enumerate(addresses)})

    def pull(address: str) -> float:
        around = [place[one] for one in neighbours.get(address, ())]
        return sum(around) / len(around) if around else place[address]

    for addresses in columns.values():
        settle(addresses)
    for sweep in range(_SWEEPS):
        for column in sorted(columns, reverse=bool(sweep % 2)):
            columns[column].sort(key=pull)
            settle(columns[column])
    return {address: round(2 * row) for address, row in place.items()}


_CHOSEN = """
SELECT trace, target FROM traces
ORDER BY coalesce(tunnels, 0) DESC, hash(target) LIMIT ?"""

_HOPS = """
SELECT trace, ttl, min_by(address, coalesce(attempt, 0)) FROM hops
WHERE list_contains(?, trace) GROUP BY trace, ttl ORDER BY trace, ttl"""

_ROUTERS = """
SELECT r.trace, r.tunnel, r.address, r.ttl, t.class, t.ingress_ttl
FROM tunnel_routers r JOIN tunnels t USING (trace, tunnel)
WHERE list_contains(?, r.trace) ORDER BY r.trace, r.tunnel, r.position"""
