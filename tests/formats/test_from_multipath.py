"""Multipath results as scamper's records: its own program shows the same graph."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import netsonde
from netsonde.formats import Measured, ScamperMultipath
from netsonde.formats._from_multipath import scamper_multipath
from netsonde.model import MultipathResult
from tests.formats.samples import read, write
from tests.formats.test_from_model import EPOCH_NS, shown
from tests.model.strategies import records


@pytest.mark.parametrize("target", ["5.2.0.1", "2a00:5:2::1"])
@pytest.mark.parametrize("method", ["udp-dport", "udp-sport", "icmp-echo"])
@pytest.mark.parametrize("scenario", ["ecmp-before", "ecmp-explicit", "silent-lsr-explicit"])
def test_scamper_shows_the_graph(tmp_path: Path, scenario: str, method: Any, target: str) -> None:
    lab = netsonde.lab.load(scenario)
    result = netsonde.multipath(target, vantage=lab, method=method)
    of = Measured(result=result, epoch_ns=EPOCH_NS)
    _, told, _ = shown([of], tmp_path)
    addresses = [node.address for node in result.nodes]
    expected = {
        (addresses[link.near], addresses[link.far])
        for link in result.links
        if link.near is not None and addresses[link.near] and addresses[link.far]
    }
    found = set()
    for node in told["nodes"]:
        last = node["links"][-1] if node["linkc"] == 1 else node["links"][0]
        found |= {(node["addr"], entry["addr"]) for entry in last}
    assert expected <= found
    silent = any(address is None for address in addresses)
    assert len(found) == len(expected) + silent
    assert (told["type"], told["method"], told["probec"]) == ("tracelb", method, result.sent)
    assert told["confidence"] == 95
    assert told["start"]["sec"] == (EPOCH_NS + result.started_ns) // 10**9


@settings(max_examples=30)
@given(result=records(MultipathResult))
def test_any_multipath_result_is_written(result: MultipathResult) -> None:
    once = scamper_multipath(result, Measured(result=result), None, None)
    found = read(write([once], "warts"), "warts")
    assert found == [once]
    assert isinstance(found[0], ScamperMultipath)
