"""RIPE Atlas results of ping and traceroute, read.

Source:
    The documentation of RIPE Atlas, "probe result format", firmware 4610 and later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from netsonde.formats._record import Measured, Skipped
from netsonde.formats._values import values
from netsonde.model import (
    Extension,
    FormatError,
    Hop,
    Label,
    PingMethod,
    PingResult,
    Reply,
    ReplyKind,
    StopReason,
    TraceMethod,
    TraceResult,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.formats._stream import Source

#: ICMP types and codes of the letters that `err` has, IPv4 and IPv6.
ERRORS_V4 = {"N": (3, 0), "H": (3, 1), "P": (3, 2), "p": (3, 3), "A": (3, 13)}
ERRORS_V6 = {"N": (1, 0), "A": (1, 1), "h": (1, 2), "H": (1, 3), "p": (1, 4)}
#: TTL of the last probe, which is sent once too many hops were silent.
LAST_DITCH_TTL = 255
TRACE_METHODS = {
    "ICMP": TraceMethod.ICMP_PARIS,
    "UDP": TraceMethod.UDP_PARIS,
    "TCP": TraceMethod.TCP_SYN,
}
PING_METHODS = {
    "ICMP": PingMethod.ICMP,
    "UDP": PingMethod.UDP,
    "TCP": PingMethod.TCP_SYN,
}
#: What results of ours hold themselves, so that it is not kept beside them.
_OURS = {
    "af", "avg", "dst_addr", "dup", "endtime", "max", "min", "paris_id", "proto", "rcvd", "result",
    "sent", "src_addr", "timestamp", "ttl", "type",
}  # fmt: skip
_SECOND_NS = 1_000_000_000
_MILLISECOND_NS = 1_000_000
#: Longest time that is believed: the year 2242, and three months.
_TIME_S_MAX, _RTT_MS_MAX = 1 << 33, 1 << 33
_SILENT_MIN = 5
#: What a router sends, IPv4 and IPv6.
_EXPIRED = ((ReplyKind.TIME_EXCEEDED, (11, 0)), (ReplyKind.TIME_EXCEEDED, (3, 0)))
_MPLS = (1, 1)
_U8_MAX, _U16_MAX = 255, 65_535


class _Label(msgspec.Struct):
    label: int = 0
    exp: int = 0
    s: int = 0
    ttl: int = 0


class _Object(msgspec.Struct, rename={"class_": "class", "type_": "type"}):
    class_: int = 0
    type_: int = 0
    mpls: list[_Label] | None = None


class _Icmpext(msgspec.Struct):
    obj: list[_Object] = []


class _Reply(msgspec.Struct, rename={"from_": "from"}):
    from_: str | None = None
    srcaddr: str | None = None
    rtt: float | None = None
    ttl: int | None = None
    tos: int | None = None
    size: int | None = None
    ittl: int | None = None
    itos: int | None = None
    mtu: int | None = None
    err: str | int | None = None
    flags: str | None = None
    late: int | None = None
    dup: bool | int | None = None
    icmpext: _Icmpext | None = None


class _Hop(msgspec.Struct):
    hop: int = 0
    result: list[_Reply] = []


class _Measurement(msgspec.Struct):
    type: str
    af: int | None = None
    dst_addr: str | None = None
    dst_name: str | None = None
    src_addr: str | None = None
    proto: str = "ICMP"
    timestamp: int = 0
    endtime: int | None = None
    paris_id: int = 0
    sent: int = 0
    ttl: int | None = None
    size: int = 0
    msm_id: int = 0


class _Trace(_Measurement):
    result: list[_Hop] = []


class _Ping(_Measurement):
    result: list[_Reply] = []


class _Type(msgspec.Struct):
    type: str


def read_atlas(source: Source) -> Iterator[Measured | Skipped]:
    """Yield the results of a file: an array, or one a line. Other types than the two are skipped.

    Raises:
        FormatError: It is malformed; what came before was yielded.
    """
    for number, offset, value in values(source):
        try:
            yield _measured(value)
        except (msgspec.ValidationError, OverflowError, ValueError) as error:
            raise FormatError(f"result {number}: {error}", offset=offset) from None


def _measured(value: Any) -> Measured | Skipped:  # noqa: ANN401 - any JSON
    kind = msgspec.convert(value, _Type).type
    if kind == "traceroute":
        told: _Measurement = msgspec.convert(value, _Trace)
        result: TraceResult | PingResult = _trace(msgspec.convert(value, _Trace))
    elif kind == "ping":
        told = msgspec.convert(value, _Ping)
        result = _ping(msgspec.convert(value, _Ping))
    else:
        return Skipped(kind=f"RIPE Atlas {kind}")
    extra = {name: each for name, each in value.items() if name not in _OURS}
    return Measured(
        result=result, epoch_ns=0, job=str(told.msm_id) if told.msm_id else "", extra=extra
    )


def _trace(told: _Trace) -> TraceResult:
    target = told.dst_addr or told.dst_name or ""
    method = TRACE_METHODS.get(told.proto.upper(), TraceMethod.UDP_PARIS)
    seen: dict[int, list[_Reply]] = {}
    for hop in told.result:
        if 0 < hop.hop <= _U8_MAX:
            seen.setdefault(hop.hop, []).extend(hop.result)
    is_cut = seen.pop(LAST_DITCH_TTL, None) is not None
    first, last = min(seen, default=1), max(seen, default=0)
    hops = [_hop(ttl, seen.get(ttl, []), target, method) for ttl in range(first, last + 1)]
    every = [reply for replies in seen.values() for reply in replies]
    started_ns = _clamp(told.timestamp, _TIME_S_MAX) * _SECOND_NS
    ended_s = told.timestamp if told.endtime is None else told.endtime
    return TraceResult(
        target=target,
        source=told.src_addr or "",
        method=method,
        flow=_clamp(told.paris_id, _U16_MAX),
        first_ttl=first,
        hops=tuple(hops),
        stop=_stop(hops, target, is_cut=is_cut),
        sent=sum(hop.sent for hop in hops),
        duplicates=sum(bool(reply.dup) for reply in every),
        late=sum(reply.late is not None for reply in every),
        started_ns=started_ns,
        ended_ns=max(started_ns, _clamp(ended_s, _TIME_S_MAX) * _SECOND_NS),
    )


def _hop(ttl: int, told: list[_Reply], target: str, method: TraceMethod) -> Hop:
    replies, attempt = [], 0
    for each in told:
        if each.dup or each.late is not None:
            continue
        attempt += 1
        if each.from_ is not None and each.rtt is not None:
            replies.append(_reply(each, each.from_, attempt, target, method))
    return Hop(probe_ttl=ttl, sent=min(attempt, _U8_MAX), replies=tuple(replies))


def _reply(told: _Reply, responder: str, attempt: int, target: str, method: TraceMethod) -> Reply:
    kind, icmp = _kind(told, responder, target, method)
    labels, others = _extensions(told.icmpext)
    is_error = kind not in (ReplyKind.ECHO_REPLY, ReplyKind.TCP_RST, ReplyKind.TCP_SYN_ACK)
    return Reply(
        responder=responder,
        kind=kind,
        attempt=attempt,
        rtt_ns=_rtt_ns(told.rtt),
        reply_ttl=_byte(told.ttl),
        reply_tos=_byte(told.tos),
        size=_clamp(told.size or 0, _U16_MAX),
        icmp_type=icmp[0] if icmp else None,
        icmp_code=icmp[1] if icmp else None,
        # As documented: left out where they are 1 and 0.
        quoted_ttl=_byte(1 if told.ittl is None else told.ittl) if is_error else None,
        quoted_tos=_byte(told.itos or 0) if is_error else None,
        mtu=None if told.mtu is None else _clamp(told.mtu, _U16_MAX),
        labels=labels,
        extensions=others,
    )


def _kind(
    told: _Reply, responder: str, target: str, method: TraceMethod
) -> tuple[ReplyKind, tuple[int, int] | None]:
    """Return what a reply is, and its ICMP type and code."""
    v6 = ":" in responder
    if told.err is not None:
        letters = ERRORS_V6 if v6 else ERRORS_V4
        unreachable = 1 if v6 else 3
        if isinstance(told.err, int):
            return ReplyKind.UNREACHABLE, (unreachable, _clamp(told.err, _U8_MAX))
        return ReplyKind.UNREACHABLE, letters.get(told.err)
    if told.flags is not None:
        is_open = "S" in told.flags and "A" in told.flags
        return (ReplyKind.TCP_SYN_ACK if is_open else ReplyKind.TCP_RST), None
    if told.mtu is not None:
        return ReplyKind.PACKET_TOO_BIG, (2, 0) if v6 else (3, 4)
    return _final(method, v6=v6) if responder == target else _EXPIRED[v6]


def _final(method: TraceMethod, *, v6: bool) -> tuple[ReplyKind, tuple[int, int] | None]:
    """Return what the target itself sends, where nothing else is said of it."""
    if method is TraceMethod.ICMP_PARIS:
        return ReplyKind.ECHO_REPLY, (129, 0) if v6 else (0, 0)
    if method is TraceMethod.UDP_PARIS:
        return ReplyKind.UNREACHABLE, (1, 4) if v6 else (3, 3)
    return _EXPIRED[v6]


def _stop(hops: list[Hop], target: str, *, is_cut: bool) -> StopReason:
    """Return why a trace ended: Atlas does not say, but it follows."""
    if any(reply.responder == target for hop in hops for reply in hop.replies):
        return StopReason.COMPLETED
    silent = 0
    for hop in reversed(hops):
        if hop.replies:
            break
        silent += 1
    if is_cut or silent >= _SILENT_MIN:
        return StopReason.GAP_LIMIT
    last = hops[-1 - silent].replies if silent < len(hops) else ()
    if any(reply.kind is ReplyKind.UNREACHABLE for reply in last):
        return StopReason.UNREACHABLE
    return StopReason.LAST_TTL


def _ping(told: _Ping) -> PingResult:
    target = told.dst_addr or told.dst_name or ""
    method = PING_METHODS.get(told.proto.upper(), PingMethod.ICMP)
    replies, attempt, duplicates = [], 0, 0
    for each in told.result:
        if each.dup:
            duplicates += 1
            continue
        attempt += 1
        if each.rtt is not None:
            replies.append(_ping_reply(each, attempt, told, target, method))
    started_ns = _clamp(told.timestamp, _TIME_S_MAX) * _SECOND_NS
    return PingResult(
        target=target,
        source=told.src_addr or "",
        method=method,
        sent=max(attempt, _clamp(told.sent, _U16_MAX)),
        replies=tuple(replies),
        duplicates=duplicates,
        started_ns=started_ns,
        ended_ns=started_ns,
    )


def _ping_reply(told: _Reply, attempt: int, ping: _Ping, target: str, method: PingMethod) -> Reply:
    v6 = ":" in target
    kind, icmp = {
        PingMethod.ICMP: (ReplyKind.ECHO_REPLY, (129, 0) if v6 else (0, 0)),
        PingMethod.UDP: (ReplyKind.UNREACHABLE, (1, 4) if v6 else (3, 3)),
    }.get(method, (ReplyKind.TCP_SYN_ACK, None))
    return Reply(
        # As documented: left out where they are those of the first reply, and the target.
        responder=told.srcaddr or target,
        kind=kind,
        attempt=attempt,
        rtt_ns=_rtt_ns(told.rtt),
        reply_ttl=_byte(ping.ttl if told.ttl is None else told.ttl),
        reply_tos=_byte(told.tos),
        size=_clamp(ping.size if told.size is None else told.size, _U16_MAX),
        icmp_type=icmp[0] if icmp else None,
        icmp_code=icmp[1] if icmp else None,
    )


def _extensions(told: _Icmpext | None) -> tuple[tuple[Label, ...], tuple[Extension, ...]]:
    labels, others = list[Label](), list[Extension]()
    for each in told.obj if told else ():
        if (each.class_, each.type_) != _MPLS:
            kind, number = _clamp(each.class_, _U8_MAX), _clamp(each.type_, _U8_MAX)
            others.append(Unknown(class_=kind, c_type=number, payload=""))
        labels += [
            Label(
                label=_clamp(entry.label, 0xFFFFF),
                tc=_clamp(entry.exp, 7),
                bottom=bool(entry.s),
                ttl=_clamp(entry.ttl, _U8_MAX),
            )
            for entry in each.mpls or ()
        ]
    return tuple(labels), tuple(others)


def _rtt_ns(rtt_ms: float | None) -> int:
    return round(min(max(rtt_ms or 0.0, 0.0), _RTT_MS_MAX) * _MILLISECOND_NS)


def _clamp(value: int, most: int) -> int:
    return min(max(value, 0), most)


def _byte(value: int | None) -> int | None:
    return None if value is None else _clamp(value, _U8_MAX)
