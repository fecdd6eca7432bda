"""What goes into a dataset comes out of it."""

import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsonde.model import FormatError, PingResult, TntResult, TraceResult
from tests.model.strategies import records
from tests.store.rooms import dataset, ping, reply, tnt, trace

#: Nanoseconds are 64 bits with a sign on disk: clocks of 146 years.
_CLOCK_MAX = 2**62

_RESULTS = st.one_of(records(PingResult), records(TraceResult), records(TntResult))


def sane(value: object) -> object:
    """Return the fields of a random record as a vantage could fill them."""
    if isinstance(value, dict):
        made: dict[str, Any] = {name: sane(each) for name, each in value.items()}
        for name in ("started_ns", "ended_ns", "sent_ns"):
            if made.get(name) is not None:
                made[name] %= _CLOCK_MAX
        if "bottom" in made:
            made |= {"label": made["label"] % 2**20, "tc": made["tc"] % 8}
        return made
    return [sane(each) for each in value] if isinstance(value, list | tuple) else value


def sound(result: msgspec.Struct) -> msgspec.Struct:
    """Return a random result as a vantage could make it."""
    return msgspec.convert(sane(msgspec.to_builtins(result)), type(result))


@settings(max_examples=25, deadline=None)
@given(st.lists(_RESULTS, max_size=6), st.integers(0, 2**61))
def test_any_result_comes_back_as_it_was(results: list[msgspec.Struct], epoch_ns: int) -> None:
    results = [sound(result) for result in results]
    with tempfile.TemporaryDirectory() as place:
        found = dataset(Path(place), results, epoch_ns=epoch_ns)
        pings = [result for result in results if isinstance(result, PingResult)]
        paths = [result for result in results if not isinstance(result, PingResult)]
        assert list(found.pings()) == pings
        assert list(found.traces()) == paths


def test_a_tunnel_comes_back_with_its_hidden_routers_and_what_failed(tmp_path: Path) -> None:
    found = dataset(tmp_path, [tnt("5.1.0.1")])
    assert list(found.traces()) == [tnt("5.1.0.1")]
    (unit,) = found.contents().units
    (batch,) = unit.batches("traces", ["tnt_hops"])
    assert batch.column("tnt_hops").null_count == 1, "what TNT derives is in columns, not in JSON"


def test_runs_and_kinds_keep_their_order(tmp_path: Path) -> None:
    first = [trace("5.1.0.1", "5.0.0.1", None), ping("5.1.0.2"), tnt("5.1.0.3")]
    second = [trace("5.1.0.4"), ping("5.1.0.5", reply("5.1.0.5"), reply("5.1.0.6"))]
    found = dataset(tmp_path, first, second)
    order = [first[1], first[0], first[2], second[1], second[0]]
    assert list(found.results()) == order


def test_missing_rows_are_no_shorter_path(tmp_path: Path) -> None:
    found = dataset(tmp_path, [trace("5.1.0.1", "5.0.0.1")])
    (part,) = found.contents().files("hops")
    other = dataset(tmp_path / "other", [trace("5.1.0.1", "5.0.0.1", "5.0.0.2")])
    part.write_bytes(other.contents().files("hops")[0].read_bytes())
    with pytest.raises(FormatError, match="has 1 hops, but rows of 2"):
        list(found.traces())
