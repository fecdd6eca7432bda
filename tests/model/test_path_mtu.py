"""Path MTU records."""

import json

import msgspec
from hypothesis import given

from netsonde import _core
from netsonde.model import HopMtu, MtuChange, MtuSource, PathMtu, TraceResult
from tests.model.strategies import records


def test_what_the_core_writes_is_what_the_model_reads() -> None:
    change = MtuChange(
        probe_ttl=3, before=1500, after=1400, found=MtuSource.SEARCH, router="5.1.0.2", said=0
    )
    made = PathMtu(start=1500, mtu=1400, hops=(HopMtu(probe_ttl=1),), changes=(change,), sent=9)
    assert msgspec.json.decode(msgspec.json.encode(made), type=PathMtu) == made


@given(records(TraceResult))
def test_the_core_reads_what_the_model_writes(trace: TraceResult) -> None:
    line = msgspec.json.encode(trace)
    assert json.loads(_core.read_event(line))["path_mtu"] == json.loads(line)["path_mtu"]
