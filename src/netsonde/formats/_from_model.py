"""Results of netsonde as scamper's records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsonde.formats._extensions import to_objects
from netsonde.formats._scamper import ScamperHop, ScamperTrace
from netsonde.formats._scamper_names import (
    HOP_REPLY_TTL,
    HOP_SOCKET_STAMP,
    HOP_TCP,
    PING_DONE,
    PING_HALTED,
    PING_REPLY_TTL,
    TCP,
    UDP,
)
from netsonde.formats._scamper_ping import ScamperPing, ScamperPingReply
from netsonde.model import PingMethod, ReplyKind, StopReason, TraceMethod

if TYPE_CHECKING:
    from netsonde.formats._record import Measured
    from netsonde.formats._scamper import ScamperCycle, ScamperList
    from netsonde.model import PingResult, Reply, Trace

_TRACE_METHODS = {
    TraceMethod.ICMP_PARIS: 4,
    TraceMethod.UDP_PARIS: 5,
    TraceMethod.TCP_SYN: 3,
}
_PING_METHODS = {
    PingMethod.ICMP: None,  # as scamper has it: 0 is not written
    PingMethod.TCP_ACK: 1,
    PingMethod.UDP: 3,
    PingMethod.TCP_SYN: 6,
}
_HALTED = 9
_STOPS = {
    StopReason.COMPLETED: 1,
    StopReason.UNREACHABLE: 2,
    StopReason.LOOP_LIMIT: 4,
    StopReason.GAP_LIMIT: 5,
    StopReason.LAST_TTL: 7,
}
_ICMP_PARIS = 4
_TCP_FLAGS = {ReplyKind.TCP_SYN_ACK: 0x12, ReplyKind.TCP_RST: 0x14}
_U8_MAX = 255
#: The largest numbers of 16 and of 32 bits.
U16_MAX, U32_MAX = 65_535, 4_294_967_295
_TIME_US_MAX = (U32_MAX + 1) * 1_000_000 - 1


def scamper_trace(
    trace: Trace, of: Measured, told: ScamperList | None, cycle: ScamperCycle | None
) -> ScamperTrace:
    """Return a trace as scamper's; what netsonde's results do not say is left out."""
    method = _TRACE_METHODS[trace.method]
    last = trace.hops[-1].replies[:1] if trace.hops else ()
    names = of.names
    is_unreachable = trace.stop is StopReason.UNREACHABLE and last
    return ScamperTrace(
        list=told,
        cycle=cycle,
        started_us=time_us(of, trace.started_ns),
        stop_reason=_STOPS.get(trace.stop, _HALTED),
        stop_data=(last[0].icmp_code or 0) if is_unreachable else 0,
        flags=0,
        attempts=max((hop.sent for hop in trace.hops), default=0),
        hop_limit=0,
        method=method,
        source_port=trace.flow if method != _ICMP_PARIS else None,
        destination_port=trace.flow if method == _ICMP_PARIS else None,
        first_ttl=trace.first_ttl,
        hop_count=min(U16_MAX, max(0, trace.first_ttl + len(trace.hops) - 1)),
        sent=min(trace.sent, U16_MAX),
        source=trace.source,
        target=trace.target,
        user_id=of.user_id or None,
        hops=tuple(
            _hop(hop.probe_ttl, reply, of, names) for hop in trace.hops for reply in hop.replies
        ),
    )


def scamper_ping(
    ping: PingResult, of: Measured, told: ScamperList | None, cycle: ScamperCycle | None
) -> ScamperPing:
    """Return a ping as scamper's; what netsonde's results do not say is left out."""
    return ScamperPing(
        list=told,
        cycle=cycle,
        started_us=time_us(of, ping.started_ns),
        stop_reason=PING_HALTED if ping.incomplete else PING_DONE,
        stop_data=0,
        count=min(ping.sent, U16_MAX),
        sent=min(ping.sent, U16_MAX),
        method=_PING_METHODS[ping.method],
        source=ping.source,
        target=ping.target,
        user_id=of.user_id or None,
        replies=tuple(_ping_reply(reply, of) for reply in ping.replies),
    )


def _hop(ttl: int, reply: Reply, of: Measured, names: dict[str, str]) -> ScamperHop:
    tcp_flags = _TCP_FLAGS.get(reply.kind)
    flags = HOP_SOCKET_STAMP | (HOP_REPLY_TTL if reply.reply_ttl is not None else 0)
    return ScamperHop(
        probe_ttl=ttl,
        reply_ttl=reply.reply_ttl,
        flags=flags | (HOP_TCP if tcp_flags is not None else 0),
        probe_id=min(max(1, reply.attempt), _U8_MAX + 1),
        rtt_us=_rtt_us(reply),
        icmp_type=reply.icmp_type if tcp_flags is None else None,
        icmp_code=_code(reply) if tcp_flags is None else None,
        reply_size=reply.size,
        ip_id=ip_id(reply),
        reply_tos=reply.reply_tos,
        mtu=None if reply.mtu is None else min(reply.mtu, U16_MAX),
        quoted_ttl=reply.quoted_ttl,
        tcp_flags=tcp_flags,
        quoted_tos=reply.quoted_tos,
        extensions=to_objects(reply.labels, reply.extensions),
        address=reply.responder,
        sent_us=_sent_us(reply, of),
        name=names.get(reply.responder),
    )


def _ping_reply(reply: Reply, of: Measured) -> ScamperPingReply:
    tcp_flags = _TCP_FLAGS.get(reply.kind)
    is_udp = reply.kind is ReplyKind.UDP_REPLY
    is_icmp = tcp_flags is None and not is_udp
    return ScamperPingReply(
        flags=PING_REPLY_TTL if reply.reply_ttl is not None else None,
        reply_ttl=reply.reply_ttl,
        reply_size=reply.size,
        icmp_type=reply.icmp_type if is_icmp else None,
        icmp_code=_code(reply) if is_icmp else None,
        rtt_us=_rtt_us(reply),
        probe_id=min(max(0, reply.attempt - 1), U16_MAX),
        ip_id=ip_id(reply),
        protocol=UDP if is_udp else TCP if tcp_flags is not None else None,
        tcp_flags=tcp_flags,
        address=reply.responder,
        sent_us=_sent_us(reply, of),
        reply_tos=reply.reply_tos,
    )


def _code(reply: Reply) -> int | None:
    """Return the ICMP code, which the format has beside each type."""
    return None if reply.icmp_type is None else reply.icmp_code or 0


def _rtt_us(reply: Reply) -> int:
    return min((reply.rtt_ns + 500) // 1000, U32_MAX)


def _sent_us(reply: Reply, of: Measured) -> int | None:
    return None if reply.sent_ns is None else time_us(of, reply.sent_ns)


def time_us(of: Measured, time_ns: int) -> int:
    """Return a time of the result as the format has room for: until the year 2106."""
    return min(max(0, of.unix_ns(time_ns)) // 1000, _TIME_US_MAX)


def ip_id(reply: Reply) -> int | None:
    """Return the identification, where 16 bits hold it: those of IPv6 fragments have 32."""
    return reply.ip_id if reply.ip_id is None or reply.ip_id <= U16_MAX else None
