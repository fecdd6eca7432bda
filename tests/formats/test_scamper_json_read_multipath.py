"""Multipath traces of scamper's JSON: the same graph as warts has."""

import pytest

from netsonde import formats
from netsonde.formats import ScamperMultipath
from tests.formats.samples import CAPTURES, read


def graph(trace: ScamperMultipath) -> set[tuple[str | None, str | None]]:
    """Return the links of a trace as pairs of addresses."""
    nodes = trace.nodes
    return {
        (nodes[link.near or 0].address, None if link.far is None else nodes[link.far].address)
        for link in trace.links
    }


@pytest.mark.parametrize("name", ["tracelb", "tracelb-labels", "tracelb-silent", "tracelb-tcp"])
def test_the_graph_is_that_of_warts(name: str) -> None:
    told = read((CAPTURES / f"{name}.json").read_bytes(), "scamper-json")
    known = list(formats.read(CAPTURES / f"{name}.warts"))
    traces = [one for one in told if isinstance(one, ScamperMultipath)]
    whole = [one for one in known if isinstance(one, ScamperMultipath)]
    assert traces
    for trace, other in zip(traces, whole, strict=True):
        assert graph(trace) == graph(other)
        for field in ("method", "sent", "sent_max", "confidence", "wait_probe_cs", "user_id"):
            assert getattr(trace, field) == getattr(other, field)
