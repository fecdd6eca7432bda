"""Results are written as RIPE Atlas has them, and read back as they were."""

import json
from typing import Any

import pytest

import netsonde
from netsonde import formats
from netsonde.formats import Losses, Measured
from netsonde.formats._atlas_write import RESULTS_MAX, atlas_bytes
from netsonde.model import PingResult, TraceResult
from tests.formats.samples import read, write
from tests.formats.test_atlas_read import PING, TRACE

EPOCH_NS = 1_700_000_000_000_000_000


def lines(*results: Any) -> list[dict[str, Any]]:
    found = [Measured(result=one, epoch_ns=EPOCH_NS) for one in results]
    return [json.loads(line) for line in write(found, "atlas").splitlines()]


@pytest.mark.parametrize("method", ["icmp-paris", "udp-paris", "tcp-syn"])
@pytest.mark.parametrize("target", ["5.2.0.1", "2a00:5:2::1"])
def test_a_trace_survives(method: Any, target: str) -> None:
    result = netsonde.trace(
        target, vantage=netsonde.lab.load("explicit-php"), method=method, flow=7
    )
    (told,) = lines(result)
    assert (told["type"], told["paris_id"], told["proto"]) == (
        "traceroute", 7, {"i": "ICMP", "u": "UDP", "t": "TCP"}[method[0]],
    )  # fmt: skip
    assert told["timestamp"] == EPOCH_NS // 10**9
    (record,) = read(write([Measured(result=result, epoch_ns=EPOCH_NS)], "atlas"), "atlas")
    assert isinstance(record, Measured)
    back = record.result
    assert isinstance(back, TraceResult)
    assert (back.path, back.stop, back.method) == (result.path, result.stop, result.method)
    for hop, again in zip(result.hops, back.hops, strict=True):
        assert hop.labels == again.labels
        one, other = hop.reply, again.reply
        assert one is not None
        assert other is not None
        assert (one.kind, one.rtt_ns, one.reply_ttl) == (other.kind, other.rtt_ns, other.reply_ttl)
        assert one.quoted_ttl == other.quoted_ttl


def test_a_ping_survives_with_its_statistics() -> None:
    result = netsonde.ping("5.2.0.1", vantage=netsonde.lab.load("lossy"), count=9, interval_ms=10)
    (told,) = lines(result)
    rtts = [reply.rtt_ns / 1e6 for reply in result.replies]
    assert (told["sent"], told["rcvd"]) == (9, len(rtts))
    assert told["avg"] == pytest.approx(sum(rtts) / len(rtts))
    assert sum("x" in each for each in told["result"]) == 9 - len(rtts)
    (record,) = read(write([Measured(result=result)], "atlas"), "atlas")
    assert isinstance(record, Measured)
    back = record.result
    assert isinstance(back, PingResult)
    assert [one.rtt_ns for one in back.replies] == [one.rtt_ns for one in result.replies]
    assert [one.attempt for one in back.replies] == [one.attempt for one in result.replies]


def test_a_silent_target_has_the_statistics_that_atlas_gives() -> None:
    lab = netsonde.lab.load("silent-host")
    (told,) = lines(netsonde.ping("5.2.0.1", vantage=lab, count=2, timeout_ms=10))
    assert (told["min"], told["avg"], told["max"], told["rcvd"]) == (-1, -1, -1, 0)
    (told,) = lines(netsonde.trace("5.2.0.1", vantage=lab, gap_limit=5))
    assert told["result"][-1] == {"hop": 255, "result": [{"x": "*"}]}


@pytest.mark.parametrize("value", [TRACE, PING])
def test_what_atlas_says_beside_a_result_is_kept(value: dict[str, Any]) -> None:
    records = read(json.dumps(value).encode(), "atlas")
    (told,) = [json.loads(line) for line in write(records, "atlas").splitlines()]
    for name in ("msm_id", "prb_id", "from", "fw", "lts", "dst_name", "timestamp", "size"):
        if name in value:
            assert told[name] == value[name]
    assert read(write(records, "atlas"), "atlas")[0].job == records[0].job  # type: ignore[union-attr]


def test_a_hostile_number_of_probes_takes_no_memory() -> None:
    result = PingResult(target="5.1.0.1", source="5.1.0.2", method="icmp", sent=2**32 - 1)  # type: ignore[arg-type]
    (told,) = lines(result)
    assert len(told["result"]) == RESULTS_MAX


def test_what_is_left_out_is_told() -> None:
    losses = Losses()
    tnt = netsonde.tnt("5.2.0.1", vantage=netsonde.lab.load("opaque"))
    packet = formats.Packet(data=b"", time_ns=0, link_type=1, size=0)
    assert list(atlas_bytes([Measured(result=tnt), packet], losses))
    assert losses.records == {"Packet": 1}
    assert any("tunnels" in field for field in losses.fields)
