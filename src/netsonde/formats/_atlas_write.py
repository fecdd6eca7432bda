"""RIPE Atlas results of ping and traceroute, written: one a line.

Source:
    The documentation of RIPE Atlas, "probe result format", firmware 4610 and later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from netsonde.formats._atlas_read import ERRORS_V4, ERRORS_V6, PING_METHODS, TRACE_METHODS
from netsonde.formats._record import kind_of
from netsonde.formats._results import result_of
from netsonde.model import PingMethod, PingResult, ReplyKind, StopReason, TntResult, Trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netsonde.formats._losses import Losses
    from netsonde.formats._record import Measured, Record
    from netsonde.model import Hop, Label, Reply, Result

#: Firmware whose format this is; readers choose by it.
FIRMWARE = 5080
#: Probes of one ping or hop that are written one by one.
RESULTS_MAX = 65_535
_PROTOCOLS = {method: name for name, method in (*TRACE_METHODS.items(), *PING_METHODS.items())}
_PROTOCOLS[PingMethod.TCP_ACK] = "TCP"
_SECOND_NS, _MILLISECOND_NS = 1_000_000_000, 1e6
_FLAGS = {ReplyKind.TCP_SYN_ACK: "SA", ReplyKind.TCP_RST: "RA"}
_PORT_UNREACHABLE = {(3, 3), (1, 4)}
_ANSWERS = {
    ReplyKind.ECHO_REPLY,
    ReplyKind.TCP_SYN_ACK,
    ReplyKind.TCP_RST,
    ReplyKind.UDP_REPLY,
}
#: What Atlas writes for the statistics of a ping without a reply.
_NONE = -1


def atlas_bytes(records: Iterable[Record], losses: Losses) -> Iterator[bytes]:
    """Yield results as lines of RIPE Atlas JSON."""
    for record in records:
        found = result_of(record, losses)
        result: Result | Trace | None = found.result if found else None
        if found is not None and found.annotations:
            losses.field("names, systems and places of addresses")
        if isinstance(result, TntResult):
            losses.field("tunnels: RIPE Atlas has traces only")
            result = result.trace
        if found is not None and isinstance(result, Trace):
            yield msgspec.json.encode(_trace(result, found, losses)) + b"\n"
        elif found is not None and isinstance(result, PingResult):
            yield msgspec.json.encode(_ping(result, found, losses)) + b"\n"
        elif found is not None:
            losses.record(kind_of(record))


def _common(result: Trace | PingResult, of: Measured, kind: str, started_ns: int) -> dict[str, Any]:
    told = {
        "fw": FIRMWARE,
        "msm_id": 0,
        "msm_name": kind.capitalize(),
        "prb_id": 0,
        "from": result.source,
        "size": 0,
        "dst_name": result.target,
    }
    return {
        **told,
        **of.extra,
        "type": kind,
        "af": 6 if ":" in result.target else 4,
        "dst_addr": result.target,
        "src_addr": result.source,
        "proto": _PROTOCOLS[result.method],
        "timestamp": of.unix_ns(started_ns) // _SECOND_NS,
    }


def _trace(trace: Trace, of: Measured, losses: Losses) -> dict[str, Any]:
    if trace.late or trace.duplicates:
        losses.field("late and duplicate replies of traces: only their number is known")
    hops = [_hop(hop, trace, losses) for hop in trace.hops]
    if trace.stop is StopReason.GAP_LIMIT:
        hops.append({"hop": 255, "result": [{"x": "*"}]})
    return {
        **_common(trace, of, "traceroute", trace.started_ns),
        "endtime": of.unix_ns(trace.ended_ns) // _SECOND_NS,
        "paris_id": trace.flow,
        "result": hops,
    }


def _hop(hop: Hop, trace: Trace, losses: Losses) -> dict[str, Any]:
    by_attempt = {reply.attempt: reply for reply in hop.replies}
    attempts = min(max([hop.sent, *by_attempt]), RESULTS_MAX)
    return {
        "hop": hop.probe_ttl,
        "result": [
            _reply(by_attempt[attempt], trace, losses) if attempt in by_attempt else {"x": "*"}
            for attempt in range(1, attempts + 1)
        ],
    }


def _reply(reply: Reply, trace: Trace, losses: Losses) -> dict[str, Any]:
    told: dict[str, Any] = {"from": reply.responder}
    if (error := _error(reply, trace)) is not None:
        told["err"] = error
    if reply.kind in _FLAGS:
        told["flags"] = _FLAGS[reply.kind]
    if reply.labels:
        told["icmpext"] = {"obj": [_mpls(reply.labels)], "rfc4884": 1, "version": 2}
    if reply.extensions:
        losses.field("ICMP extension objects other than label stacks")
    if reply.quoted_tos:
        told["itos"] = reply.quoted_tos
    if reply.quoted_ttl is not None and reply.quoted_ttl != 1:
        told["ittl"] = reply.quoted_ttl
    if reply.mtu is not None:
        told["mtu"] = reply.mtu
    told["rtt"] = reply.rtt_ns / _MILLISECOND_NS
    told["size"] = reply.size
    if reply.reply_tos is not None:
        told["tos"] = reply.reply_tos
    if reply.reply_ttl is not None:
        told["ttl"] = reply.reply_ttl
    if reply.ip_id is not None:
        losses.field("IP identifications of replies")
    return told


def _error(reply: Reply, trace: Trace) -> str | int | None:
    """Return the letter of an unreachable; none for the port of the target, which ends a trace."""
    if reply.kind is not ReplyKind.UNREACHABLE:
        return None
    icmp = (reply.icmp_type, reply.icmp_code)
    if reply.responder == trace.target and icmp in _PORT_UNREACHABLE:
        return None
    letters = ERRORS_V6 if ":" in reply.responder else ERRORS_V4
    return next((letter for letter, each in letters.items() if each == icmp), reply.icmp_code or 0)


def _mpls(stack: tuple[Label, ...]) -> dict[str, Any]:
    entries = [
        {"exp": one.tc, "label": one.label, "s": int(one.bottom), "ttl": one.ttl} for one in stack
    ]
    return {"class": 1, "mpls": entries, "type": 1}


def _ping(ping: PingResult, of: Measured, losses: Losses) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    by_attempt = {reply.attempt: reply for reply in ping.replies}
    answers = [reply for reply in ping.replies if _is_answer(reply, ping)]
    if len(answers) < len(ping.replies):
        losses.field("ICMP errors that pings met")
    first_ttl = answers[0].reply_ttl if answers else None
    attempts = min(max([ping.sent, *by_attempt]), RESULTS_MAX)
    for attempt in range(1, attempts + 1):
        reply = by_attempt.get(attempt)
        if reply is None or not _is_answer(reply, ping):
            told.append({"x": "*"})
            continue
        each: dict[str, Any] = {"rtt": reply.rtt_ns / _MILLISECOND_NS}
        if reply.responder != ping.target:
            each["srcaddr"] = reply.responder
        if reply.reply_ttl is not None and reply.reply_ttl != first_ttl:
            each["ttl"] = reply.reply_ttl
        told.append(each)
    rtts_ms = [reply.rtt_ns / _MILLISECOND_NS for reply in answers]
    return {
        **_common(ping, of, "ping", ping.started_ns),
        **({"ttl": first_ttl} if first_ttl is not None else {}),
        "sent": ping.sent,
        "rcvd": len(answers),
        "dup": ping.duplicates,
        "min": min(rtts_ms, default=_NONE),
        "avg": sum(rtts_ms) / len(rtts_ms) if rtts_ms else _NONE,
        "max": max(rtts_ms, default=_NONE),
        "result": told,
    }


def _is_answer(reply: Reply, ping: PingResult) -> bool:
    if ping.method is PingMethod.UDP and reply.responder == ping.target:
        return True
    return reply.kind in _ANSWERS
