"""What goes into a dataset comes out of it."""

import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsonde.model import FormatError, PingResult, TntHop, TntResult, TraceResult
from netsonde.store._rows import RTT_US_MAX
from tests.model.strategies import records
from tests.store.rooms import dataset, ping, reply, tnt, trace

#: Nanoseconds are 64 bits with a sign on their way to the disk: clocks of 146 years.
_CLOCK_MAX = 2**62
_RTT_NS_MAX = RTT_US_MAX * 1_000

_RESULTS = st.one_of(records(PingResult), records(TraceResult), records(TntResult))


def sane(value: object) -> object:
    """Return the fields of a random record as a vantage could fill them."""
    if isinstance(value, dict):
        made: dict[str, Any] = {name: sane(each) for name, each in value.items()}
        for name in ("started_ns", "ended_ns", "sent_ns"):
            if made.get(name) is not None:
                made[name] %= _CLOCK_MAX
        if "rtt_ns" in made:
            made["rtt_ns"] %= _RTT_NS_MAX
        if "bottom" in made:
            made |= {"label": made["label"] % 2**20, "tc": made["tc"] % 8}
        return made
    return [sane(each) for each in value] if isinstance(value, list | tuple) else value


def sound(result: msgspec.Struct) -> msgspec.Struct:
    """Return a random result as a vantage could make it."""
    return msgspec.convert(sane(msgspec.to_builtins(result)), type(result))


def stored(result: msgspec.Struct, epoch_ns: int) -> msgspec.Struct:
    """Return a result as the disk keeps it: microseconds, and when a probe left to 100 of them."""
    fields: dict[str, Any] = msgspec.to_builtins(result)
    trace = fields.get("trace", fields)
    started_ns, ended_ns = trace["started_ns"], trace["ended_ns"]
    epoch_ns -= epoch_ns % 1_000
    trace["started_ns"] = kept_ns = (started_ns + epoch_ns) // 1_000 * 1_000 - epoch_ns
    trace["ended_ns"] = kept_ns + _towards_zero(ended_ns - started_ns, 1_000)
    for one in [*trace.get("replies", ()), *_replies(trace)]:
        if one.get("sent_ns") is not None:
            after_ns = _towards_zero(one["sent_ns"] - started_ns + 50_000, 100_000)
            one["sent_ns"] = kept_ns + after_ns
    return msgspec.convert(_in_microseconds(fields), type(result))


def _with_even_facts(result: msgspec.Struct) -> msgspec.Struct:
    """Round what TNT says of hops: where the rows cannot tell it, it is JSON, in nanoseconds."""
    if not isinstance(result, TntResult):
        return result
    fields = _in_microseconds(msgspec.to_builtins(result.hops))
    return msgspec.structs.replace(result, hops=msgspec.convert(fields, type=tuple[TntHop, ...]))


def _replies(trace: dict[str, Any]) -> list[dict[str, Any]]:
    return [reply for hop in trace.get("hops", ()) for reply in hop["replies"]]


def _towards_zero(value: int, step: int) -> int:
    return (abs(value) // step) * step * (1 if value >= 0 else -1)


def _in_microseconds(value: Any) -> Any:  # noqa: ANN401
    """Return fields with every round-trip time of a row to the nearest microsecond."""
    if isinstance(value, dict):
        made = {name: _in_microseconds(each) for name, each in value.items()}
        if made.get("rtt_ns") is not None:
            made["rtt_ns"] = (made["rtt_ns"] + 500) // 1_000 * 1_000
        return made
    return [_in_microseconds(each) for each in value] if isinstance(value, list | tuple) else value


@settings(max_examples=25, deadline=None)
@given(st.lists(_RESULTS, max_size=6), st.integers(0, 2**61))
def test_any_result_comes_back_as_it_was(results: list[msgspec.Struct], epoch_ns: int) -> None:
    # Tables are an engine's, which does not know what runs it.
    results = [msgspec.structs.replace(sound(result), runtime=None) for result in results]
    with tempfile.TemporaryDirectory() as place:
        found = dataset(Path(place), results, epoch_ns=epoch_ns)
        results = [stored(result, epoch_ns) for result in results]
        pings = [result for result in results if isinstance(result, PingResult)]
        paths = [result for result in results if not isinstance(result, PingResult)]
        assert list(found.pings()) == pings
        assert list(map(_with_even_facts, found.traces())) == paths


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
