"""All paths to a target as a graph for Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsonde.model import NodeEnd

if TYPE_CHECKING:
    from netsonde.model import MultipathResult


def multipath_dot(result: MultipathResult) -> str:
    """Return the paths in the DOT language: a node per router and TTL, those of a TTL in a row.

    Args:
        result: The paths.
    """
    lines = [
        f'digraph "{result.target}" {{',
        "  rankdir=LR; node [shape=box, fontname=monospace];",
        f'  source [label="{result.source}", shape=oval];',
    ]
    for index, node in enumerate(result.nodes):
        style = ", shape=oval" if node.end is NodeEnd.DESTINATION else ""
        style += ", style=dashed" if node.address is None else ""
        lines.append(f'  n{index} [label="{node.ttl}\\n{node.address or "*"}"{style}];')
    for ttl in sorted({node.ttl for node in result.nodes}):
        same = [f"n{index}" for index, node in enumerate(result.nodes) if node.ttl == ttl]
        if len(same) > 1:
            lines.append(f"  {{ rank=same; {'; '.join(same)}; }}")
    kinds = {branch.node: branch.kind for branch in result.branches}
    for link in result.links:
        near = "source" if link.near is None else f"n{link.near}"
        notes = [f'label="{len(link.flows)}"'] if link.near in kinds else []
        notes += ["style=dashed"] if not link.certain else []
        text = f" [{', '.join(notes)}]" if notes else ""
        lines.append(f"  {near} -> n{link.far}{text};")
    for number, branch in enumerate(result.branches):
        near = "source" if branch.node is None else f"n{branch.node}"
        lines.append(f'  {near} [xlabel="{branch.kind}"];')
        for other in {each.address for each in branch.elsewhere}:
            lines.append(f'  o{number} [label="{other}", style=dotted];')
            lines.append(f"  {near} -> o{number} [style=dotted];")
    return "\n".join([*lines, "}"])
