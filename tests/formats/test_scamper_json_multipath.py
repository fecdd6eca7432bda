"""Multipath traces as JSON, where scamper's own program makes something of them."""

import json
from pathlib import Path

import pytest

from netsonde import formats
from netsonde.formats import ScamperMultipath
from netsonde.formats._scamper_ping import (
    MultipathLink,
    MultipathNode,
    MultipathProbe,
    MultipathReply,
)
from tests.formats.samples import CYCLE, LIST, read, write
from tests.formats.test_scamper_json import oracle, utc

__all__ = ["utc"]
FAR, OTHER = "9.9.9.9", "8.8.8.8"


def probe(*addresses: str, flow: int = 1) -> MultipathProbe:
    replies = (
        MultipathReply(
            received_us=2_000_000, address=each, icmp_type=11, icmp_code=0, flags=1, ttl=9
        )
        for each in addresses
    )
    return MultipathProbe(sent_us=1_000_000, flow=flow, ttl=2, attempt=0, replies=tuple(replies))


def trace(*links: MultipathLink, **fields: object) -> ScamperMultipath:
    nodes = (
        MultipathNode(address="1.1.1.1", links=len(links), flags=1, quoted_ttl=1, name="a.b"),
        MultipathNode(address=FAR),
        MultipathNode(address=OTHER),
    )
    given: dict[str, object] = {"method": 1, "source": "1.2.3.4", "target": "5.6.7.8", **fields}
    return ScamperMultipath(list=LIST, cycle=CYCLE, nodes=nodes, links=links, **given)  # type: ignore[arg-type]


def link(far: int | None, *sets: tuple[MultipathProbe, ...]) -> MultipathLink:
    return MultipathLink(near=0, far=far, sets=sets)


TRACES = [
    trace(link(1, (probe(FAR),))),
    trace(link(1, (probe(FAR), probe(OTHER, flow=2), probe(FAR, OTHER, flow=3), probe(flow=4)),
               (probe(FAR, flow=5), probe(OTHER, flow=6)))),
    trace(link(1, (probe(),), (probe(FAR),))),
    trace(link(None, (probe(FAR), probe(flow=2)), (probe(),))),
    trace(link(1, (probe(),)), link(2, (probe(OTHER),), (probe(FAR),))),
    trace(link(1, (probe("2.0.0.1"), probe("1.0.0.2"), probe("1.1.0.1")), (probe(FAR),))),
    trace(method=2),
    trace(method=7),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(TRACES)))
def test_odd_traces_are_shown_as_scamper_shows_them(tmp_path: Path, number: int) -> None:
    records: list[formats.Record] = [CYCLE, TRACES[number]]
    assert write(records, "scamper-json").decode().splitlines() == oracle(records, tmp_path)


def test_silent_sets_come_back_as_silent_sets() -> None:
    line = write([TRACES[2]], "scamper-json").splitlines()[-1]
    (again,) = read(line, "scamper-json")
    assert isinstance(again, ScamperMultipath)
    shown = json.loads(write([again], "scamper-json").splitlines()[-1])
    assert shown["nodes"] == json.loads(line)["nodes"]
