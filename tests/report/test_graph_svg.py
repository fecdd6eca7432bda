"""The graph as SVG."""

from xml.etree import ElementTree as ET

from netsonde.report import graph
from netsonde.report._graph import Edge, Graph, Node
from netsonde.report._graph_svg import graph_svg
from tests.report.tables import tables


def test_each_view_has_its_own_elements() -> None:
    root = ET.fromstring(graph_svg(graph(tables("invisible-php-brpr"))))
    classes = [element.get("class", "").split() for element in root.iter()]
    assert sum("folded" in each and "edge" in each for each in classes) == 2  # IPv4 and IPv6
    assert sum("unfolded" in each and "node" in each for each in classes) == 6
    assert "3 hidden" in [element.text for element in root.iter() if element.text]


def test_what_the_network_says_is_escaped() -> None:
    bad = '"><script>x</script>'
    nodes = [Node(bad, hidden=False, target=True, column=0, row=0)]
    edges = [Edge(bad, bad, "plain", "", 0, 1)]
    svg = graph_svg(Graph(nodes, edges, 1, 1))
    assert "<script" not in svg
    ET.fromstring(svg)


def test_without_paths_it_says_so() -> None:
    assert "no path" in graph_svg(Graph([], [], 0, 0))
