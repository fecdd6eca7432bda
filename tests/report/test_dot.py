"""All paths to a target for Graphviz."""

import netsonde
from netsonde.lab import load
from netsonde.report import multipath_dot


def test_every_node_and_link_is_drawn() -> None:
    result = netsonde.multipath("5.2.0.1", vantage=load("ecmp-before"))
    text = multipath_dot(result)
    assert text.startswith('digraph "5.2.0.1" {')
    assert text.endswith("}")
    assert text.count("->") == len(result.links)
    assert 'xlabel="per-flow"' in text
    assert "{ rank=same; n2; n3; }" in text


def test_doubtful_links_are_dashed() -> None:
    result = netsonde.multipath("5.2.0.1", vantage=load("ecmp-per-packet"))
    assert "style=dashed" in multipath_dot(result)
