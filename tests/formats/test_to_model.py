"""Scamper's records as netsonde tells them."""

from pathlib import Path

from netsonde import formats
from netsonde.formats import IcmpExtension, ScamperHop, ScamperTrace, measured
from netsonde.formats._to_model import trace_result
from netsonde.model import (
    Label,
    PingMethod,
    PingResult,
    ReplyKind,
    StopReason,
    TraceMethod,
    TraceResult,
)
from tests.formats.samples import CAPTURES


def results(name: str) -> list[formats.Measured]:
    found = (measured(record) for record in formats.read(Path(CAPTURES / f"{name}.warts")))
    return [one for one in found if one is not None]


def test_labels_hops_and_times_of_a_real_trace() -> None:
    first, second, every = (one.result for one in results("trace-labels"))
    assert isinstance(first, TraceResult)
    assert (first.method, first.stop, first.sent) == (
        TraceMethod.ICMP_PARIS,
        StopReason.COMPLETED,
        8,
    )
    assert first.flow == 99, "the ICMP checksum"
    assert first.path == (*(f"5.1.{link}.2" for link in range(7)), "5.2.0.1")
    assert first.hops[2].labels == (Label(label=16_104, tc=0, bottom=True, ttl=1),)
    reply = first.hops[3].reply
    assert reply is not None
    assert (reply.kind, reply.quoted_ttl, reply.reply_ttl) == (ReplyKind.TIME_EXCEEDED, 2, 248)
    assert reply.sent_ns is not None
    assert first.started_ns < reply.sent_ns < first.ended_ns
    assert second.hops[7].reply.kind is ReplyKind.UNREACHABLE  # type: ignore[union-attr]
    assert [len(hop.replies) for hop in every.hops] == [2] * 8, "all attempts were sent"  # type: ignore[union-attr]


def test_stops() -> None:
    stops = {one.result.stop for one in results("trace-stops")}  # type: ignore[union-attr]
    assert stops == {StopReason.COMPLETED, StopReason.LAST_TTL}
    silent = [one.result for one in results("trace-silent")]
    assert {one.stop for one in silent} == {StopReason.GAP_LIMIT}  # type: ignore[union-attr]
    assert [hop.address for hop in silent[1].hops][-2:] == [None, None]  # type: ignore[union-attr]
    assert silent[2].hops[-1].sent == 2, "a silent hop took every attempt"  # type: ignore[union-attr]


def test_real_pings() -> None:
    found = [one.result for one in results("ping-methods")]
    assert all(isinstance(one, PingResult) and one.sent == 2 and one.reached for one in found)
    kinds = {(one.method, one.replies[0].kind) for one in found if isinstance(one, PingResult)}
    assert kinds == {
        (PingMethod.ICMP, ReplyKind.ECHO_REPLY),
        (PingMethod.UDP, ReplyKind.UNREACHABLE),
        (PingMethod.TCP_SYN, ReplyKind.TCP_RST),
        (PingMethod.TCP_ACK, ReplyKind.TCP_RST),
    }


def test_duplicates_are_counted_and_hops_without_an_address_left_out() -> None:
    label = IcmpExtension(class_=1, type_=1, data=b"\0\1\1\1")
    hop = ScamperHop(address="1.1.1.1", probe_ttl=3, probe_id=1, extensions=(label,))
    nobody = ScamperHop(probe_ttl=4, probe_id=1)
    found = trace_result(
        ScamperTrace(first_ttl=2, hop_count=5, attempts=2, hops=(hop, hop, nobody))
    )
    assert (found.first_ttl, len(found.hops), found.duplicates) == (2, 4, 1)
    assert [len(each.replies) for each in found.hops] == [0, 1, 0, 0]
    assert [each.sent for each in found.hops] == [2, 1, 2, 2]


def test_what_is_no_result_gives_none() -> None:
    assert measured(formats.ScamperList(name="a")) is None
    assert measured(formats.Skipped(kind="x")) is None
