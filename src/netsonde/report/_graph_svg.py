"""The graph of paths as SVG: folded and unfolded are one drawing, of which CSS shows a part."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsonde.report._graph import Edge, Graph, Node

_ROW = 22
_MARGIN = 40
#: Width of a letter of a label, and between two labels.
_LETTER, _APART = 6.3, 26
#: How far the arc of a folded tunnel leaves the line, per column that it spans.
_BEND = 14


def graph_svg(drawn: Graph) -> str:
    """Return the drawing; elements of class `unfolded` or `folded` belong to one view alone."""
    if not drawn.nodes:
        return '<p class="nothing">no path to show</p>'
    first = min(node.column for node in drawn.nodes)
    column = round(max(len(node.address) for node in drawn.nodes) * _LETTER + _APART)
    places = {
        node.address: (column // 2 + (node.column - first) * column, _MARGIN + node.row * _ROW)
        for node in drawn.nodes
    }
    width = max(x for x, _ in places.values()) + column // 2
    height = max(y for _, y in places.values()) + 2 * _MARGIN
    parts = [_edge(edge, places) for edge in drawn.edges]
    parts += [_node(node, *places[node.address]) for node in drawn.nodes]
    inner = "".join(parts)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg class="graph" {size} role="img">{inner}</svg>'


def _edge(edge: Edge, places: dict[str, tuple[int, int]]) -> str:
    (x1, y1), (x2, y2) = places[edge.near], places[edge.far]
    views = {"inner": "unfolded", "folded": "folded"}
    styles = ["edge", edge.kind, views.get(edge.kind, ""), edge.class_]
    label = f"{edge.near} to {edge.far}, on {_paths(edge.paths)}"
    text, bend = "", 0
    middle = (x1 + x2) / 2
    if edge.kind == "folded":
        label += f", {edge.class_} tunnel with {edge.hidden} hidden"
        # An arc over the places of the hidden routers, the higher the more there are.
        bend = -_BEND * (edge.hidden + 1)
        at = f'x="{middle}" y="{(y1 + y2) / 2 + bend * 0.75 - 4}"'
        text = f'<text class="fold folded" {at}>{edge.hidden} hidden</text>'
    curve = f"M{x1},{y1} C{middle},{y1 + bend} {middle},{y2 + bend} {x2},{y2}"
    thick = min(1.2 + edge.paths / 4, 5)
    names = " ".join(style for style in styles if style)
    return (
        f'<path class="{escape(names)}" d="{curve}" stroke-width="{thick:.1f}">'
        f"<title>{escape(label)}</title></path>{text}"
    )


def _node(node: Node, x: int, y: int) -> str:
    styles = ["node", "hidden unfolded" if node.hidden else "", "target" if node.target else ""]
    names = " ".join(style for style in styles if style)
    return (
        f'<g class="{names}"><circle cx="{x}" cy="{y}" r="5"/>'
        f'<text x="{x}" y="{y + 18}">{escape(node.address)}</text></g>'
    )


def _paths(count: int) -> str:
    return "1 path" if count == 1 else f"{count} paths"
