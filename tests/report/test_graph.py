"""Paths as one graph."""

from itertools import pairwise

from netsonde.report import graph
from tests.report.tables import tables

ENDS = ("5.1.1.2", "5.1.5.2")
HIDDEN = ("5.1.2.2", "5.1.3.2", "5.1.4.2")


def test_a_hidden_chain_is_an_edge_when_folded_and_routers_when_not() -> None:
    drawn = graph(tables("invisible-php-brpr"))
    kinds = {(edge.near, edge.far): edge for edge in drawn.edges if "." in edge.near}
    fold = kinds[ENDS]
    assert (fold.kind, fold.class_, fold.hidden, fold.paths) == ("folded", "invisible-php", 3, 1)
    chain = [ENDS[0], *HIDDEN, ENDS[1]]
    for near, far in pairwise(chain):
        assert kinds[near, far].kind == "inner"
    hidden = {node.address for node in drawn.nodes if node.hidden and "." in node.address}
    assert hidden == set(HIDDEN)


def test_columns_follow_the_path() -> None:
    drawn = graph(tables("invisible-php-brpr"))
    places = {node.address: node.column for node in drawn.nodes}
    path = ["5.1.0.2", ENDS[0], *HIDDEN, ENDS[1], "5.1.6.2", "5.2.0.1"]
    assert [places[address] for address in path] == list(range(len(path)))
    assert [node.address for node in drawn.nodes if node.target and "." in node.address] == [
        "5.2.0.1"
    ]


def test_silence_is_a_dotted_edge() -> None:
    drawn = graph(tables("silent-core"))
    assert any(edge.kind == "silent" for edge in drawn.edges)


def test_no_two_nodes_share_a_place_and_the_number_of_paths_is_bounded() -> None:
    ask = tables("invisible-php-brpr", "two-tunnels", "ecmp-inside", "silent-core")
    drawn = graph(ask, paths_max=5)
    assert (drawn.paths, drawn.paths_all) == (5, 8)
    places = [(node.column, node.row) for node in drawn.nodes]
    assert len(set(places)) == len(places)
