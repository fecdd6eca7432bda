"""Netsonde's own stream: results survive, with the clock that their times are on."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netsonde
from netsonde.formats import Measured
from netsonde.model import FormatError, PingResult, TntResult, TraceResult, decode_event
from tests.cli.commands import netsonde as command
from tests.formats.samples import read, write
from tests.model.strategies import records

RESULTS = st.one_of(records(PingResult), records(TraceResult), records(TntResult))


@settings(max_examples=40)
@given(results=st.lists(RESULTS, max_size=3), epoch_ns=st.none() | st.integers(0, 2**63))
def test_results_survive(results: list[TraceResult], epoch_ns: int | None) -> None:
    found = [Measured(result=one, epoch_ns=epoch_ns, job="a-job") for one in results]
    assert read(write(found, "jsonl"), "jsonl") == found


def test_what_the_command_prints_is_read() -> None:
    printed = command("ping", "5.2.0.1", "--lab", "plain", "-c", "2", "--json").out.encode()
    (found,) = read(printed, "jsonl")
    assert isinstance(found, Measured)
    assert found.job.startswith("00000000-")
    assert found.epoch_ns is None, "time in a lab is virtual"
    assert isinstance(found.result, PingResult)
    assert len(found.result.replies) == 2


def test_each_job_is_a_stream_of_its_own() -> None:
    result = netsonde.ping("5.2.0.1", vantage=netsonde.lab.load("plain"), count=1)
    jobs = [Measured(result=result, job=job, epoch_ns=5) for job in ("a", "a", "b")]
    lines = [json.loads(line) for line in write(jobs, "jsonl").splitlines()]
    kinds = ["start", "ping", "ping", "done", "start", "ping", "done"]
    assert [line["type"] for line in lines] == kinds
    assert (lines[3]["counters"]["sent"], lines[3]["targets_done"]) == (2, 2)
    for line in lines:
        decode_event(msgspec.json.encode(line))


@pytest.mark.parametrize("line", [b"{", b'{"type":"smoke"}', b'{"type":"ping"}', b"\xff"])
def test_what_is_no_event_is_told_with_its_line(line: bytes) -> None:
    with pytest.raises(FormatError, match="line 3: no event") as caught:
        read(b'\n{"type":"failed","reason":"x"}\n' + line, "jsonl")
    assert caught.value.offset == 32
