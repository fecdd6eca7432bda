"""All paths to a target for people."""

import msgspec
import pytest

import netsonde
from netsonde.lab import load
from netsonde.model import MultipathResult, NodeEnd
from netsonde.report import multipath_lines


def _result(name: str = "ecmp-before") -> MultipathResult:
    return netsonde.multipath("5.2.0.1", vantage=load(name))


def _text(result: MultipathResult, width: int = 100, *, verbose: bool = False) -> list[str]:
    return [line.plain for line in multipath_lines(result, width, verbose=verbose)]


def test_routers_of_one_hop_have_letters() -> None:
    lines = _text(_result())
    assert "3a 3b, 2 next hops per flow (96.9 % sure, 5 probes)" in lines[3]
    assert lines[4].startswith("  3  a  5.1.")
    assert lines[5].startswith("     b  5.1.")
    assert "diamond 1: hops 2 to 5, width 2, length 3, symmetric, not meshed" in lines


def test_what_packets_of_one_flow_may_cross_is_doubted() -> None:
    text = "\n".join(_text(_result("ecmp-per-packet")))
    assert "2 next hops per packet" in text
    assert "perhaps 4a 4b" in text


def test_an_end_says_why() -> None:
    result = _result()
    last = msgspec.structs.replace(result.nodes[-1], end=NodeEnd.GAP_LIMIT, address=None)
    changed = msgspec.structs.replace(result, nodes=(*result.nodes[:-1], last))
    text = "\n".join(_text(changed))
    assert "too many silent hops in a row" in text


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("verbose", [False, True])
def test_lines_fit_the_terminal(width: int, verbose: bool) -> None:
    assert all(len(line) <= width for line in _text(_result(), width, verbose=verbose))
