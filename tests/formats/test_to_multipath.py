"""Scamper's multipath traces as results: the same graph, whoever measured it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netsonde
from netsonde import _core, formats
from netsonde.formats import Measured, ScamperMultipath, measured
from netsonde.formats._from_multipath import scamper_multipath
from netsonde.formats._to_multipath import multipath_result
from netsonde.model import Diamond, MultipathResult, NodeEnd
from netsonde.report import multipath_lines
from tests.formats.samples import CAPTURES, MULTIPATHS, RECORDS, read, write

SCENARIOS = ["ecmp-before", "ecmp-explicit", "silent-lsr-explicit"]


def edges(result: MultipathResult) -> set[tuple[Any, Any]]:
    """Return the links between nodes, each a TTL and an address."""
    names = [(node.ttl, node.address) for node in result.nodes]
    return {(names[link.near], names[link.far]) for link in result.links if link.near is not None}


@pytest.mark.parametrize("target", ["5.2.0.1", "2a00:5:2::1"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_our_own_graph_survives_scamper_s_form(scenario: str, target: str) -> None:
    result = netsonde.multipath(target, vantage=netsonde.lab.load(scenario))
    told = scamper_multipath(result, Measured(result=result), None, None)
    found = multipath_result(told)
    assert edges(found) == edges(result)
    assert found.diamonds == result.diamonds
    assert found.reached
    assert (found.method, found.sent) == (result.method, result.sent)
    first = {node.address for node in result.nodes if node.ttl == 1}
    kept = {probe.reply.responder for probe in found.probes if probe.reply}
    assert kept == {node.address for node in result.nodes if node.address} - first


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_diamonds_of_a_graph_are_those_of_the_engine(scenario: str) -> None:
    result = netsonde.multipath("5.2.0.1", vantage=netsonde.lab.load(scenario))
    bare = msgspec.structs.replace(result, diamonds=())
    found = _core.diamonds(msgspec.json.encode(bare))
    assert msgspec.json.decode(found, type=tuple[Diamond, ...]) == result.diamonds
    with pytest.raises(ValueError, match="no result of multipath"):
        _core.diamonds(b'{"type":"failed","reason":"x","hint":""}')


@pytest.mark.parametrize("name", ["tracelb", "tracelb-labels", "tracelb-silent", "tracelb-tcp"])
def test_scamper_s_own_files_are_results(name: str) -> None:
    binary = [one for one in formats.read(CAPTURES / f"{name}.warts") if measured(one)]
    text = [one for one in formats.read(CAPTURES / f"{name}.json") if measured(one)]
    assert len(binary) == len(text) > 0
    for one, other in zip(binary, text, strict=True):
        result, shown = measured(one), measured(other)
        assert result is not None
        assert shown is not None
        assert isinstance(result.result, MultipathResult)
        assert isinstance(shown.result, MultipathResult)
        assert result.result.reached == bool(result.result.nodes)
        # The JSON shows the first set of probes alone where links part.
        known = {(node.ttl, node.address) for node in result.result.nodes if node.address}
        said = {(node.ttl, node.address) for node in shown.result.nodes if node.address}
        assert {address for _, address in said} <= {address for _, address in known}
        assert multipath_lines(result.result, 100)


def test_labels_are_kept() -> None:
    (found,) = [
        result
        for one in formats.read(CAPTURES / "tracelb-labels.warts")
        if (result := measured(one)) and ":" not in result.result.target  # type: ignore[union-attr]
    ]
    assert isinstance(found.result, MultipathResult)
    assert any(found.result.labels(node) for node in range(len(found.result.nodes)))


def test_what_ends_a_branch() -> None:
    result = netsonde.multipath("5.2.0.1", vantage=netsonde.lab.load("ecmp-before"))
    told = scamper_multipath(result, Measured(result=result), None, None)
    links = tuple(link for link in told.links if link.near != len(told.nodes) - 2)
    found = multipath_result(msgspec.structs.replace(told, links=links, target="5.9.9.9"))
    assert {node.end for node in found.nodes} - {None} <= {NodeEnd.UNREACHABLE, NodeEnd.GAP_LIMIT}
    alone = multipath_result(msgspec.structs.replace(told, links=()))
    assert [node.address for node in alone.nodes] == [told.nodes[0].address]


@settings(max_examples=60)
@given(record=st.one_of(MULTIPATHS, RECORDS))
def test_any_record_is_a_result_or_none(record: Any) -> None:
    found = measured(record)
    if isinstance(record, ScamperMultipath):
        assert found is not None
        msgspec.json.decode(msgspec.json.encode(found.result), type=MultipathResult)
        write([found], "jsonl")
        read(write([found], "warts"), "warts")
