"""Scamper's JSON of pings, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from netsonde.formats._scamper_names import (
    PING_FLAGS,
    PING_METHODS,
    PING_REPLY_TTL,
    TCP,
    UDP,
    number,
)
from netsonde.formats._scamper_ping import RouteStamps, ScamperPing, ScamperPingReply
from netsonde.formats._warts_scope import address_bytes

if TYPE_CHECKING:
    from netsonde.formats._scamper import ScamperCycle, ScamperList

_U8 = Annotated[int, msgspec.Meta(ge=0, le=255)]
_U16 = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
_U32 = Annotated[int, msgspec.Meta(ge=0, le=4_294_967_295)]
_Rtt = Annotated[float, msgspec.Meta(ge=0, le=4_294_967.295)]
_SECOND_US = 1_000_000


class Time(msgspec.Struct):
    """A Unix time in two numbers."""

    sec: _U32 = 0
    usec: _U32 = 0


class _Stamp(msgspec.Struct):
    ip: str
    ts: _U32


class _Response(msgspec.Struct, rename={"from_": "from", "route": "RR"}):
    from_: str
    seq: _U16 = 0
    reply_size: _U16 | None = None
    reply_ttl: _U8 | None = None
    reply_proto: str = "icmp"
    tx: Time | None = None
    rtt: _Rtt = 0.0
    probe_ipid: _U16 | None = None
    reply_ipid: _U16 | None = None
    icmp_type: _U8 | None = None
    icmp_code: _U8 | None = None
    tcp_flags: _U8 | None = None
    route: list[str] | None = None
    tsonly: list[_U32] | None = None
    tsandaddr: list[_Stamp] | None = None


class Ping(msgspec.Struct):
    """A line of scamper's JSON."""

    method: str
    src: str
    dst: str
    start: Time | None = None
    ping_sent: _U16 | None = None
    probe_size: _U16 | None = None
    userid: _U32 = 0
    ttl: _U8 | None = None
    wait: _U8 | None = None
    wait_us: _U32 | None = None
    timeout: _U8 | None = None
    sport: _U16 | None = None
    dport: _U16 | None = None
    tcp_seq: _U32 | None = None
    tcp_ack: _U32 | None = None
    payload: str | None = None
    pattern: str | None = None
    flags: list[str] | None = None
    icmp_csum: _U16 | None = None
    probe_tsps: list[str] | None = None
    responses: list[_Response] = []


#: Addresses and times of one IP option: what fits into a byte.
_OPTION_MAX = 255
_PAYLOAD_BYTES_MAX = 65_000


def time_us(told: Time | None) -> int:
    """Return a time in microseconds."""
    return told.sec * _SECOND_US + told.usec if told else 0


def ping(told: Ping, of: ScamperList | None, cycle: ScamperCycle | None) -> ScamperPing:
    """Return a ping of scamper's JSON.

    Raises:
        ValueError: An address, the method or the payload cannot be.
    """
    for address in (told.src, told.dst, *(told.probe_tsps or ())):
        address_bytes(address)
    method = number(PING_METHODS, told.method)
    if method is None or not 0 <= method <= 255:
        message = f"no method of pings: {told.method[:40]}"
        raise ValueError(message)
    payload = bytes.fromhex(told.payload or told.pattern or "")
    if len(payload) > _PAYLOAD_BYTES_MAX:
        message = f"a payload of {len(payload)} bytes"
        raise ValueError(message)
    flags = [PING_FLAGS.index(name) for name in told.flags or () if name in PING_FLAGS]
    return ScamperPing(
        list=of,
        cycle=cycle,
        started_us=time_us(told.start),
        payload=payload or None,
        probe_size=told.probe_size,
        wait_s=told.wait,
        ttl=told.ttl,
        sent=told.ping_sent,
        method=method or None,
        source_port=told.sport,
        destination_port=told.dport,
        user_id=told.userid or None,
        source=told.src,
        target=told.dst,
        flags=sum(1 << bit for bit in set(flags)) or None,
        stamp_addresses=tuple(told.probe_tsps[:_OPTION_MAX]) if told.probe_tsps else None,
        icmp_checksum=told.icmp_csum,
        timeout_s=told.timeout if told.timeout != told.wait else None,
        wait_us=told.wait_us,
        tcp_ack=told.tcp_ack or None,
        tcp_sequence=told.tcp_seq,
        replies=tuple(map(_reply, told.responses)),
    )


def _reply(told: _Response) -> ScamperPingReply:
    for address in (told.from_, *(told.route or ())):
        address_bytes(address)
    return ScamperPingReply(
        flags=PING_REPLY_TTL,
        reply_ttl=told.reply_ttl,
        reply_size=told.reply_size,
        icmp_type=told.icmp_type,
        icmp_code=told.icmp_code,
        rtt_us=round(told.rtt * 1000),
        probe_id=told.seq,
        ip_id=told.reply_ipid,
        probe_ip_id=told.probe_ipid,
        protocol={"tcp": TCP, "udp": UDP}.get(told.reply_proto),
        tcp_flags=told.tcp_flags,
        address=told.from_,
        route=tuple(told.route[:_OPTION_MAX]) if told.route else None,
        stamps=_stamps(told),
        sent_us=time_us(told.tx) if told.tx else None,
    )


def _stamps(told: _Response) -> RouteStamps | None:
    if told.tsandaddr:
        pairs = told.tsandaddr[:_OPTION_MAX]
        for each in pairs:
            address_bytes(each.ip)
        return RouteStamps(
            stamps=tuple(each.ts for each in pairs), addresses=tuple(each.ip for each in pairs)
        )
    if told.tsonly:
        return RouteStamps(stamps=tuple(told.tsonly[:_OPTION_MAX]))
    return None
