"""RIPE Atlas results are read as netsonde tells them."""

import json
from typing import Any

import pytest

from netsonde import formats
from netsonde.model import (
    FormatError,
    Label,
    PingResult,
    ReplyKind,
    StopReason,
    TraceMethod,
    TraceResult,
    Unknown,
)
from tests.formats.samples import read, until_error

TRACE: dict[str, Any] = {
    "fw": 5080, "type": "traceroute", "af": 4, "msm_id": 5001, "prb_id": 77,
    "timestamp": 1_700_000_000,
    "endtime": 1_700_000_009, "proto": "UDP", "paris_id": 3, "size": 40, "from": "192.0.2.1",
    "src_addr": "10.0.0.2", "dst_addr": "5.2.0.1", "dst_name": "host", "lts": 9,
    "result": [
        {"hop": 1, "result": [
            {"from": "5.1.0.2", "rtt": 0.5, "size": 28, "ttl": 255, "ittl": 3, "itos": 4,
             "icmpext": {"version": 2, "rfc4884": 0, "obj": [
                 {"class": 1, "type": 1, "mpls": [{"exp": 1, "label": 16001, "s": 1, "ttl": 1}]},
                 {"class": 5, "type": 2}]}},
            {"x": "*"},
            {"late": 2, "from": "5.1.0.2", "size": 28, "ttl": 255},
            {"from": "5.1.0.2", "rtt": 0.75, "size": 28, "ttl": 255},
            {"dup": True, "from": "5.1.0.2", "rtt": 0.9, "size": 28, "ttl": 255}]},
        {"hop": 2, "error": "sendto failed"},
        {"hop": 3, "result": [{"from": "5.2.0.1", "rtt": 9.25, "size": 56, "ttl": 57}]}],
}  # fmt: skip
PING: dict[str, Any] = {
    "fw": 5080, "type": "ping", "af": 6, "msm_id": 1, "timestamp": 1_700_000_000, "proto": "ICMP",
    "dst_addr": "2a00::1", "src_addr": "2a00::2", "from": "2a00::2", "sent": 4, "rcvd": 2,
    "ttl": 57,
    "size": 48, "dup": 1, "min": 1.5, "avg": 1.75, "max": 2.0,
    "result": [{"rtt": 1.5}, {"x": "*"}, {"rtt": 2.0, "ttl": 56, "srcaddr": "2a00::9"},
               {"rtt": 3.0, "dup": 1}, {"error": "sendto failed"}],
}  # fmt: skip


def one(value: dict[str, Any]) -> Any:
    (found,) = read(json.dumps(value).encode(), "atlas")
    assert isinstance(found, formats.Measured)
    return found


def trace(*hops: dict[str, Any], **fields: Any) -> TraceResult:
    numbered = [{"hop": n, "result": [each]} for n, each in enumerate(hops, 1)]
    found = one({**TRACE, "result": numbered, **fields}).result
    assert isinstance(found, TraceResult)
    return found


def test_a_trace() -> None:
    found = one(TRACE)
    result = found.result
    assert (found.job, found.epoch_ns, found.extra["prb_id"]) == ("5001", 0, 77)
    assert (result.source, result.target) == ("10.0.0.2", "5.2.0.1")
    assert (result.method, result.flow) == (TraceMethod.UDP_PARIS, 3)
    assert (result.started_ns, result.ended_ns) == (1_700_000_000 * 10**9, 1_700_000_009 * 10**9)
    assert (result.stop, result.late, result.duplicates) == (StopReason.COMPLETED, 1, 1)
    first, silent, last = result.hops
    assert (first.sent, [reply.attempt for reply in first.replies]) == (3, [1, 3])
    reply = first.replies[0]
    assert (reply.rtt_ns, reply.reply_ttl) == (500_000, 255)
    assert (reply.quoted_ttl, reply.quoted_tos) == (3, 4)
    assert reply.labels == (Label(label=16_001, tc=1, bottom=True, ttl=1),)
    assert reply.extensions == (Unknown(class_=5, c_type=2, payload=""),)
    assert first.replies[1].quoted_ttl == 1, "what is left out is 1"
    assert (silent.probe_ttl, silent.replies) == (2, ())
    assert last.replies[0].kind is ReplyKind.UNREACHABLE


def test_a_ping() -> None:
    result = one(PING).result
    assert isinstance(result, PingResult)
    assert (result.sent, result.duplicates, result.reached) == (4, 1, True)
    first, second = result.replies
    assert (first.responder, first.reply_ttl, first.size) == ("2a00::1", 57, 48)
    assert (second.responder, second.reply_ttl, second.attempt) == ("2a00::9", 56, 3)


@pytest.mark.parametrize(
    ("hop", "proto", "kind", "icmp"),
    [
        ({}, "UDP", ReplyKind.TIME_EXCEEDED, (11, 0)),
        ({"err": "N"}, "UDP", ReplyKind.UNREACHABLE, (3, 0)),
        ({"err": "H"}, "UDP", ReplyKind.UNREACHABLE, (3, 1)),
        ({"err": "A"}, "UDP", ReplyKind.UNREACHABLE, (3, 13)),
        ({"err": 10}, "UDP", ReplyKind.UNREACHABLE, (3, 10)),
        ({"mtu": 1_400}, "UDP", ReplyKind.PACKET_TOO_BIG, (3, 4)),
        ({"from": "5.2.0.1"}, "ICMP", ReplyKind.ECHO_REPLY, (0, 0)),
        ({"from": "5.2.0.1", "flags": "SA"}, "TCP", ReplyKind.TCP_SYN_ACK, (None, None)),
        ({"from": "5.2.0.1", "flags": "RA"}, "TCP", ReplyKind.TCP_RST, (None, None)),
        ({"from": "2a00::1", "err": "A"}, "UDP", ReplyKind.UNREACHABLE, (1, 1)),
        ({"from": "2a00::1"}, "UDP", ReplyKind.TIME_EXCEEDED, (3, 0)),
    ],
)
def test_what_a_reply_is(
    hop: dict[str, Any], proto: str, kind: ReplyKind, icmp: tuple[int | None, int | None]
) -> None:
    reply = trace({"from": "5.1.0.2", "rtt": 1, **hop}, proto=proto).hops[0].replies[0]
    assert (reply.kind, (reply.icmp_type, reply.icmp_code)) == (kind, icmp)


def test_why_a_trace_ended() -> None:
    router = {"from": "5.1.0.2", "rtt": 1}
    assert trace(router, {"x": "*"}).stop is StopReason.LAST_TTL
    assert trace(router, *[{"x": "*"}] * 5).stop is StopReason.GAP_LIMIT
    assert trace(router, {**router, "err": "H"}).stop is StopReason.UNREACHABLE
    cut = {"result": [{"hop": 1, "result": [router]}, {"hop": 255, "result": [{"x": "*"}]}]}
    found = one({**TRACE, **cut}).result
    assert (found.stop, len(found.hops)) == (StopReason.GAP_LIMIT, 1)


def test_arrays_lines_and_other_types() -> None:
    other = {"type": "dns", "fw": 5080, "msm_id": 3}
    as_lines = b"\n".join(json.dumps(each).encode() for each in (TRACE, other, PING))
    as_array = json.dumps([TRACE, other, PING], indent=1).encode()
    assert read(as_lines, "atlas") == read(as_array, "atlas")
    assert read(as_array, "atlas")[1] == formats.Skipped(kind="RIPE Atlas dns")
    assert read(b" [ ] ", "atlas") == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[1]", "result 1"),
        (b'[{"type":"ping"} {"type":"ping"}]', "expected ','"),
        (b'[{"type":"ping"}, {"type":', "value 2"),
        (b'[{"type":"ping"}', "the file ends"),
        (b'{"type":"traceroute","result":[{"hop":"x"}]}', "result 1"),
        (b'{"type":"ping","timestamp":NaN}', "NaN"),
        (b'{"type":"ping","result":[{"rtt":"1"}]}', "result 1"),
        (b'[{"type":"ping","dst_addr":"\xff"}]', "no UTF-8"),
        (b"[" * 100_000, "nested too deeply|value 1|result 1"),
    ],
)
def test_what_is_malformed_is_told_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read(data, "atlas")
    assert caught.value.offset is not None
    assert caught.value.offset <= len(data)


def test_an_array_gives_what_came_before_the_error() -> None:
    data = json.dumps([PING] * 3).encode()[:-40]
    found, error = until_error(data, "atlas")
    assert error is not None
    assert (len(found), error.message[:7]) == (2, "value 3")
