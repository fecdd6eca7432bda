"""Scamper's records as results of netsonde."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsonde.formats._extensions import from_objects
from netsonde.formats._kinds import icmp_kind, tcp_kind
from netsonde.formats._record import Measured
from netsonde.formats._scamper import ScamperTrace
from netsonde.formats._scamper_names import HOP_TCP, TCP, TRACE_ALL_ATTEMPTS, UDP
from netsonde.formats._scamper_ping import ScamperMultipath, ScamperPing
from netsonde.formats._to_multipath import multipath_result
from netsonde.model import (
    Annotation,
    Hop,
    PingMethod,
    PingResult,
    Reply,
    ReplyKind,
    Result,
    StopReason,
    TraceMethod,
    TraceResult,
)

if TYPE_CHECKING:
    from netsonde.formats._record import Record
    from netsonde.formats._scamper import ScamperHop
    from netsonde.formats._scamper_ping import ScamperPingReply

#: What stands for each of scamper's methods; in brackets of the documentation: not the same.
_TRACE_METHODS = {
    1: TraceMethod.ICMP_PARIS,
    2: TraceMethod.UDP_PARIS,
    3: TraceMethod.TCP_SYN,
    4: TraceMethod.ICMP_PARIS,
    5: TraceMethod.UDP_PARIS,
    6: TraceMethod.TCP_SYN,
}
_PING_METHODS = {
    0: PingMethod.ICMP,
    1: PingMethod.TCP_ACK,
    2: PingMethod.TCP_ACK,
    3: PingMethod.UDP,
    4: PingMethod.UDP,
    5: PingMethod.ICMP,
    6: PingMethod.TCP_SYN,
    7: PingMethod.TCP_ACK,
    8: PingMethod.TCP_ACK,
}
_STOPS = {
    1: StopReason.COMPLETED,
    2: StopReason.UNREACHABLE,
    3: StopReason.UNREACHABLE,
    4: StopReason.LOOP_LIMIT,
    5: StopReason.GAP_LIMIT,
    7: StopReason.LAST_TTL,
}
_ICMP_PARIS = 4
#: Reasons to stop that a reply gave: the target, an unreachable, another ICMP message.
_MET_END = (1, 2, 3)
_TTL_MAX = 255
_PING_ENDS_WHOLE = (None, 0, 1)


def measured(record: Record) -> Measured | None:
    """Return a record as a result of netsonde; None if it is no result that netsonde has."""
    match record:
        case Measured():
            return record
        case ScamperTrace():
            result: Result = trace_result(record)
            named = [(hop.address, hop.name) for hop in record.hops]
        case ScamperPing():
            result, named = ping_result(record), []
        case ScamperMultipath():
            result = multipath_result(record)
            named = [(node.address, node.name) for node in record.nodes]
        case _:
            return None
    return Measured(
        result=result,
        epoch_ns=0,
        list=record.list,
        cycle=record.cycle,
        user_id=record.user_id or 0,
        annotations=tuple(
            Annotation(address=address, names=(name,))
            for address, name in dict(named).items()
            if address and name
        ),
    )


def trace_result(trace: ScamperTrace) -> TraceResult:
    """Return a trace of scamper's as netsonde would tell it; times are Unix times."""
    replies: dict[int, dict[int, Reply]] = {}
    duplicates = 0
    for hop in trace.hops:
        if hop.probe_ttl and hop.address is not None:
            seen = replies.setdefault(hop.probe_ttl, {})
            duplicates += (hop.probe_id or 1) in seen
            seen.setdefault(hop.probe_id or 1, _reply(hop))
    first = min([trace.first_ttl or 1, *replies])
    # A trace that met its end may have probed beyond it.
    probed = 0 if trace.stop_reason in _MET_END and replies else trace.hop_count or 0
    last = min(max([probed, *replies], default=0), _TTL_MAX)
    started_ns = (trace.started_us or 0) * 1000
    known = [reply for seen in replies.values() for reply in seen.values()]
    ends_ns = [reply.sent_ns + reply.rtt_ns for reply in known if reply.sent_ns is not None]
    is_icmp = trace.method == _ICMP_PARIS
    flow = trace.destination_port if is_icmp else trace.source_port
    return TraceResult(
        target=trace.target or "",
        source=trace.source or "",
        method=_TRACE_METHODS.get(trace.method or 0, TraceMethod.UDP_PARIS),
        flow=flow or 0,
        first_ttl=first,
        hops=tuple(_hop(ttl, replies.get(ttl, {}), trace) for ttl in range(first, last + 1)),
        stop=_STOPS.get(trace.stop_reason or 0, StopReason.INTERRUPTED),
        sent=trace.sent or 0,
        duplicates=duplicates,
        started_ns=started_ns,
        ended_ns=max([started_ns, *ends_ns]),
    )


def ping_result(ping: ScamperPing) -> PingResult:
    """Return a ping of scamper's as netsonde would tell it; times are Unix times."""
    replies: dict[int, Reply] = {}
    duplicates = 0
    for each in ping.replies:
        if each.address is not None:
            duplicates += (each.probe_id or 0) in replies
            replies.setdefault(each.probe_id or 0, _ping_reply(each))
    started_ns = (ping.started_us or 0) * 1000
    ends_ns = [one.sent_ns + one.rtt_ns for one in replies.values() if one.sent_ns is not None]
    return PingResult(
        target=ping.target or "",
        source=ping.source or "",
        method=_PING_METHODS.get(ping.method or 0, PingMethod.ICMP),
        sent=ping.sent or 0,
        replies=tuple(replies.values()),
        duplicates=duplicates,
        incomplete=ping.stop_reason not in _PING_ENDS_WHOLE,
        started_ns=started_ns,
        ended_ns=max([started_ns, *ends_ns]),
    )


def _hop(ttl: int, replies: dict[int, Reply], trace: ScamperTrace) -> Hop:
    """Return a hop; scamper does not say how many probes a TTL took, but it follows."""
    sent = trace.attempts or 1
    if replies and not (trace.flags or 0) & TRACE_ALL_ATTEMPTS:
        sent = max(replies)
    return Hop(probe_ttl=ttl, sent=min(sent, _TTL_MAX), replies=tuple(replies.values()))


def _reply(hop: ScamperHop) -> Reply:
    is_tcp = bool((hop.flags or 0) & HOP_TCP)
    stack, others = from_objects(hop.extensions or ())
    return Reply(
        responder=hop.address or "",
        kind=_kind(hop, TCP if is_tcp else 1),
        attempt=hop.probe_id or 1,
        rtt_ns=(hop.rtt_us or 0) * 1000,
        sent_ns=None if hop.sent_us is None else hop.sent_us * 1000,
        reply_ttl=hop.reply_ttl,
        reply_tos=hop.reply_tos,
        ip_id=hop.ip_id,
        size=hop.reply_size or 0,
        icmp_type=None if is_tcp else hop.icmp_type,
        icmp_code=None if is_tcp else hop.icmp_code,
        quoted_ttl=hop.quoted_ttl,
        quoted_tos=hop.quoted_tos,
        mtu=hop.mtu,
        labels=stack,
        extensions=others,
    )


def _ping_reply(reply: ScamperPingReply) -> Reply:
    is_icmp = reply.protocol not in (TCP, UDP)
    v6 = ":" in (reply.address or "")
    return Reply(
        responder=reply.address or "",
        kind=_kind(reply, reply.protocol or 1),
        attempt=(reply.probe_id or 0) + 1,
        rtt_ns=(reply.rtt_us or 0) * 1000,
        sent_ns=None if reply.sent_us is None else reply.sent_us * 1000,
        reply_ttl=reply.reply_ttl,
        reply_tos=reply.reply_tos,
        # Of IPv6, fragments alone have one.
        ip_id=(reply.ip_id_32 or None) if v6 else reply.ip_id,
        size=reply.reply_size or 0,
        icmp_type=reply.icmp_type if is_icmp else None,
        icmp_code=reply.icmp_code if is_icmp else None,
    )


def _kind(reply: ScamperHop | ScamperPingReply, protocol: int) -> ReplyKind:
    if protocol == UDP:
        return ReplyKind.UDP_REPLY
    if protocol == TCP:
        return tcp_kind(reply.tcp_flags)
    return icmp_kind(reply.icmp_type, reply.icmp_code, v6=":" in (reply.address or ""))
