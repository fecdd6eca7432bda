"""Results of netsonde as scamper's records: its own programs show the same."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from msgspec import structs

import netsonde
from netsonde import formats
from netsonde.formats import Measured, ScamperList, ScamperPing, ScamperTrace
from netsonde.formats._from_model import scamper_ping, scamper_trace
from netsonde.formats._to_model import ping_result, trace_result
from netsonde.model import PingResult, TntResult, TraceResult
from tests.formats.samples import read, write
from tests.model.strategies import records

EPOCH_NS = 1_700_000_000_000_000_000


def measured(result: Any) -> Measured:
    return Measured(result=result, epoch_ns=EPOCH_NS, job="01890a5d", user_id=5)


def shown(found: list[Measured], folder: Path) -> list[dict[str, Any]]:
    """Return what `sc_warts2json` shows of results, after the other programs read them too."""
    path = folder / "ours.warts"
    path.write_bytes(write(found, "warts"))
    for program in ("sc_wartsdump", "sc_warts2text", "sc_warts2json"):
        if shutil.which(program) is None:
            pytest.skip(f"needs the program `{program}` (scamper)")
        done = subprocess.run([program, path], capture_output=True, text=True, check=True)
        assert not done.stderr, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("method", ["icmp-paris", "udp-paris", "tcp-syn"])
@pytest.mark.parametrize("target", ["5.2.0.1", "2a00:5:2::1"])
def test_scamper_shows_the_hops_of_a_trace(tmp_path: Path, method: Any, target: str) -> None:
    lab = netsonde.lab.load("explicit-php")
    result = netsonde.trace(target, vantage=lab, method=method, flow=3)
    start, trace, stop = shown([measured(result)], tmp_path)
    assert (start["type"], stop["type"]) == ("cycle-start", "cycle-stop")
    assert start["start_time"] == EPOCH_NS // 10**9
    assert (trace["src"], trace["dst"], trace["userid"]) == (result.source, target, 5)
    assert (trace["stop_reason"], trace["probe_count"]) == ("COMPLETED", result.sent)
    assert trace["method"] == {"icmp-paris": "icmp-echo-paris", "tcp-syn": "tcp"}.get(
        method, method
    )
    replies = [hop.reply for hop in result.hops if hop.reply]
    assert len(replies) == len(trace["hops"]) == 8
    for reply, hop in zip(replies, trace["hops"], strict=True):
        assert (hop["addr"], hop["reply_ttl"]) == (reply.responder, reply.reply_ttl)
        assert abs(hop["rtt"] - reply.rtt_ns / 1e6) < 0.001
        assert reply.sent_ns is not None
        assert hop["tx"]["sec"] == (EPOCH_NS + reply.sent_ns) // 10**9
        if "icmp_q_ttl" in hop:
            assert hop["icmp_q_ttl"] == reply.quoted_ttl
        stacks = hop.get("icmpext", [{"mpls_labels": []}])[0]["mpls_labels"]
        assert [(one["mpls_label"], one["mpls_ttl"]) for one in stacks] == [
            (one.label, one.ttl) for one in reply.labels
        ]
    assert sum("icmpext" in hop for hop in trace["hops"]) == 3


@pytest.mark.parametrize("method", ["icmp", "udp", "tcp-syn", "tcp-ack"])
@pytest.mark.parametrize("target", ["5.2.0.1", "2a00:5:2::1"])
def test_scamper_shows_the_replies_of_a_ping(tmp_path: Path, method: Any, target: str) -> None:
    lab = netsonde.lab.load("plain")
    result = netsonde.ping(target, vantage=lab, method=method, count=3)
    _, ping, _ = shown([measured(result)], tmp_path)
    assert ping["method"] == {"icmp": "icmp-echo"}.get(method, method)
    assert (ping["ping_sent"], len(ping["responses"])) == (3, 3)
    for reply, told in zip(result.replies, ping["responses"], strict=True):
        assert (told["from"], told["reply_ttl"]) == (target, reply.reply_ttl)
        assert told["seq"] == reply.attempt - 1
        assert abs(told["rtt"] - reply.rtt_ns / 1e6) < 0.001
        assert told["rx"]["sec"] >= told["tx"]["sec"] >= EPOCH_NS // 10**9


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [("silent-host", "GAPLIMIT"), ("plain", "UNREACH"), ("plain", "HOPLIMIT")],
)
def test_stop_reasons_are_scampers(tmp_path: Path, scenario: str, reason: str) -> None:
    last_ttl = 3 if reason == "HOPLIMIT" else 32
    target = "5.1.9.9" if reason == "UNREACH" else "5.2.0.1"
    lab = netsonde.lab.load(scenario)
    result = netsonde.trace(target, vantage=lab, last_ttl=last_ttl)
    _, trace, _ = shown([measured(result)], tmp_path)
    assert trace["stop_reason"] == reason
    assert trace["hop_count"] == len(result.hops)


def test_revelations_are_traces_of_a_list_of_their_own(tmp_path: Path) -> None:
    lab = netsonde.lab.load("invisible-php-brpr")
    result = netsonde.tnt("5.2.0.1", vantage=lab)
    assert len(result.hidden) == 3
    lines = shown([measured(result)], tmp_path)
    assert [line["type"] for line in lines].count("trace") == 1 + 3
    found = read(write([measured(result)], "warts"), "warts")
    traces = [one for one in found if isinstance(one, ScamperTrace)]
    names = [one.list.name for one in traces if one.list]
    assert names == ["netsonde", *["netsonde-tnt-revelations"] * 3]
    hidden = {hop.address for one in traces[1:] for hop in one.hops}
    assert {router.address for router in result.hidden} <= hidden
    assert [one.stop_reason for one in traces] == [1, 1, 1, 1]


@settings(max_examples=30)
@given(result=records(TraceResult))
def test_any_trace_of_ours_is_written_and_settles(result: TraceResult) -> None:
    of = Measured(result=result, epoch_ns=0)
    once = scamper_trace(result, of, None, None)
    (again,) = read(write([once], "warts"), "warts")
    assert again == once
    back = trace_result(once)
    twice = scamper_trace(back, Measured(result=back, epoch_ns=0), None, None)
    settled = trace_result(twice)
    assert [hop.replies for hop in settled.hops] == [hop.replies for hop in back.hops]
    assert (settled.stop, settled.flow, settled.sent) == (back.stop, back.flow, back.sent)


@settings(max_examples=30)
@given(result=records(PingResult))
def test_any_ping_of_ours_is_written_and_settles(result: PingResult) -> None:
    once = scamper_ping(result, Measured(result=result, epoch_ns=0), None, None)
    (again,) = read(write([once], "warts"), "warts")
    assert again == once
    back = ping_result(once)
    twice = scamper_ping(back, Measured(result=back, epoch_ns=0), None, None)
    assert ping_result(twice) == back


@settings(max_examples=30)
@given(result=records(TntResult))
def test_any_result_of_tnt_is_written(result: TntResult) -> None:
    assert read(write([measured(result)], "warts"), "warts")


def test_a_list_of_the_source_is_kept() -> None:
    told = ScamperList(name="mine")
    result = netsonde.ping("5.2.0.1", vantage=netsonde.lab.load("plain"), count=1)
    found = read(write([Measured(result=result, list=told)], "warts"), "warts")
    assert isinstance(found[1], ScamperPing)
    assert (found[0], found[1].list) == (told, told)


def test_what_is_no_address_is_left_out_and_told() -> None:
    result = netsonde.ping("5.2.0.1", vantage=netsonde.lab.load("plain"), count=1)
    odd = structs.replace(result, target="nowhere")
    losses = formats.write("/dev/null", [Measured(result=odd)], "warts")
    assert list(losses.lines()) == ["left out: 1 x PingResult with an address that is none"]
