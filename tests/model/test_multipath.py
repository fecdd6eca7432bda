"""The result of multipath."""

import netsonde
from netsonde.lab import load
from netsonde.model import BalancerKind, MultipathResult, NodeEnd


def _result() -> MultipathResult:
    return netsonde.multipath("5.2.0.1", vantage=load("ecmp-before"))


def test_nodes_know_what_follows_them() -> None:
    result = _result()
    assert [result.nodes[index].address for index in result.successors(None)] == ["5.1.0.2"]
    fork = next(index for index, node in enumerate(result.nodes) if node.ttl == 2)
    assert sorted(result.nodes[index].address or "" for index in result.successors(fork)) == [
        "5.1.11.2",
        "5.1.2.2",
    ]
    assert len(result.replies(fork)) == 6
    assert result.labels(fork) == ()


def test_diamonds_and_branch_points() -> None:
    result = _result()
    (diamond,), (branch,) = result.diamonds, result.branches
    assert (diamond.first_ttl, diamond.last_ttl, diamond.symmetric) == (2, 5, True)
    assert (branch.ttl, branch.width, branch.kind) == (2, 2, BalancerKind.PER_FLOW)
    assert result.width == 2
    assert result.reached
    assert result.nodes[-1].end is NodeEnd.DESTINATION


def test_text_and_html_show_the_next_hops() -> None:
    result = _result()
    assert "5.1.11.2, 5.1.2.2" in str(result) or "5.1.2.2, 5.1.11.2" in str(result)
    assert "completed, 1 diamond" in str(result)
    assert "<td>5.1.11.2</td>" in result._repr_html_()
    assert result.duration_ms > 0
