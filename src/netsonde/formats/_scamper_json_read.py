"""Scamper's JSON, read: cycles, traces, pings and multipath traces, one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from netsonde.formats._record import Skipped
from netsonde.formats._scamper import (
    IcmpExtension,
    ScamperCycle,
    ScamperCycleStop,
    ScamperHop,
    ScamperList,
    ScamperTrace,
)
from netsonde.formats._scamper_json_read_multipath import Tracelb, multipath
from netsonde.formats._scamper_json_read_ping import Ping, Time, ping, time_us
from netsonde.formats._scamper_names import (
    HOP_REPLY_TTL,
    HOP_SOCKET_STAMP,
    HOP_TCP,
    STOP_REASONS,
    TRACE_ICMP_CHECKSUM,
    TRACE_METHODS,
    label_entry,
    number,
)
from netsonde.formats._values import values
from netsonde.formats._warts_scope import address_bytes
from netsonde.model import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.formats._stream import Source
    from netsonde.formats._warts import WartsRecord

U8 = Annotated[int, msgspec.Meta(ge=0, le=255)]
U16 = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
U32 = Annotated[int, msgspec.Meta(ge=0, le=4_294_967_295)]
Rtt = Annotated[float, msgspec.Meta(ge=0, le=4_294_967.295)]


class _Type(msgspec.Struct):
    type: str


class _Cycle(msgspec.Struct):
    list_name: str
    id: U32 = 0
    hostname: str | None = None
    start_time: U32 = 0
    stop_time: U32 = 0


class _Label(msgspec.Struct):
    mpls_ttl: U8
    mpls_s: U8
    mpls_exp: U8
    mpls_label: U32


class _Extension(msgspec.Struct):
    ie_cn: U8
    ie_ct: U8
    ie_dl: U16 = 0
    mpls_labels: list[_Label] = []


class _Hop(msgspec.Struct, rename={"mtu": "icmp_nhmtu:"}):
    addr: str
    probe_ttl: U8
    probe_id: Annotated[int, msgspec.Meta(ge=1, le=256)] = 1
    name: str | None = None
    probe_size: U16 | None = None
    tx: Time | None = None
    rtt: Rtt = 0.0
    reply_ttl: U8 | None = None
    reply_tos: U8 | None = None
    reply_ipid: U16 | None = None
    reply_size: U16 | None = None
    icmp_type: U8 | None = None
    icmp_code: U8 | None = None
    icmp_q_ttl: U8 | None = None
    icmp_q_ipl: U16 | None = None
    icmp_q_tos: U8 | None = None
    icmp_nhmtu: U16 | None = None
    mtu: U16 | None = None
    tcp_flags: U8 | None = None
    icmpext: list[_Extension] = []


class _Trace(msgspec.Struct):
    method: str
    dst: str
    src: str | None = None
    rtr: str | None = None
    userid: U32 = 0
    sport: U16 | None = None
    dport: U16 | None = None
    icmp_sum: U16 | None = None
    stop_reason: str = "NONE"
    stop_data: U8 = 0
    start: Time | None = None
    hop_count: U16 | None = None
    attempts: U8 | None = None
    hoplimit: U8 | None = None
    firsthop: U8 | None = None
    wait: U8 | None = None
    wait_probe: U8 | None = None
    tos: U8 | None = None
    probe_size: U16 | None = None
    probe_count: U16 | None = None
    hops: list[_Hop] = []


def read_scamper_json(source: Source) -> Iterator[WartsRecord | Skipped]:
    """Yield the records of a file; those of other types are told by their type alone.

    Lists are known by name only, and traces do not say which cycle they are of: they are taken
    for those of the last cycle that began and has not ended.

    Raises:
        FormatError: It is malformed; what came before was yielded.
    """
    reader = _Reader()
    for place, offset, value in values(source):
        try:
            yield reader.record(value)
        except (msgspec.ValidationError, ValueError) as error:
            raise FormatError(f"line {place}: {error}", offset=offset) from None


class _Reader:
    """Keeps the cycle that goes on."""

    def __init__(self) -> None:
        self._cycle: ScamperCycle | None = None

    def record(self, value: Any) -> WartsRecord | Skipped:  # noqa: ANN401 - any JSON
        kind = msgspec.convert(value, _Type).type
        told = self._cycle.list if self._cycle else None
        match kind:
            case "cycle-start":
                self._cycle = _cycle(msgspec.convert(value, _Cycle))
                return self._cycle
            case "cycle-stop":
                stop = msgspec.convert(value, _Cycle)
                cycle, self._cycle = self._cycle or _cycle(stop), None
                return ScamperCycleStop(cycle=cycle, stopped_s=stop.stop_time)
            case "trace":
                return _trace(msgspec.convert(value, _Trace), told, self._cycle)
            case "ping":
                return ping(msgspec.convert(value, Ping), told, self._cycle)
            case "tracelb":
                return multipath(msgspec.convert(value, Tracelb), told, self._cycle)
        return Skipped(kind=f"scamper {kind}")


def _cycle(told: _Cycle) -> ScamperCycle:
    return ScamperCycle(
        list=ScamperList(name=told.list_name),
        cycle_id=told.id,
        started_s=told.start_time,
        host=told.hostname,
    )


def _trace(told: _Trace, of: ScamperList | None, cycle: ScamperCycle | None) -> ScamperTrace:
    for address in (told.src, told.dst, told.rtr):
        if address is not None:
            address_bytes(address)
    is_checksum = told.icmp_sum is not None
    return ScamperTrace(
        list=of,
        cycle=cycle,
        started_us=time_us(told.start),
        stop_reason=number(STOP_REASONS, told.stop_reason),
        stop_data=told.stop_data,
        flags=TRACE_ICMP_CHECKSUM if is_checksum else 0,
        attempts=told.attempts,
        hop_limit=told.hoplimit,
        method=_method(told.method),
        probe_size=told.probe_size,
        source_port=told.sport,
        destination_port=told.icmp_sum if is_checksum else told.dport,
        first_ttl=told.firsthop,
        tos=told.tos,
        wait_s=told.wait,
        hop_count=told.hop_count,
        sent=told.probe_count,
        wait_probe_cs=told.wait_probe,
        source=told.src,
        target=told.dst,
        user_id=told.userid or None,
        router=told.rtr,
        hops=tuple(map(_hop, told.hops)),
    )


def _method(text: str) -> int:
    found = number(TRACE_METHODS, text)
    if found is None or not 0 <= found <= 255:
        message = f"no method of traces: {text[:40]}"
        raise ValueError(message)
    return found


def _hop(told: _Hop) -> ScamperHop:
    address_bytes(told.addr)
    is_tcp = told.tcp_flags is not None
    quoted = (told.icmp_q_ipl, told.probe_size)
    return ScamperHop(
        probe_ttl=told.probe_ttl,
        reply_ttl=told.reply_ttl,
        flags=HOP_SOCKET_STAMP | HOP_REPLY_TTL | (HOP_TCP if is_tcp else 0),
        probe_id=told.probe_id,
        rtt_us=round(told.rtt * 1000),
        icmp_type=told.icmp_type,
        icmp_code=told.icmp_code,
        probe_size=told.probe_size,
        reply_size=told.reply_size,
        ip_id=told.reply_ipid or None,
        reply_tos=told.reply_tos,
        mtu=told.mtu if told.icmp_nhmtu is None else told.icmp_nhmtu,
        # What is left out means 1, and the size of the probe.
        quoted_size=told.icmp_q_ipl if quoted[0] != quoted[1] else None,
        quoted_ttl=told.icmp_q_ttl if told.icmp_q_ttl != 1 else None,
        tcp_flags=told.tcp_flags,
        quoted_tos=told.icmp_q_tos,
        extensions=tuple(map(_extension, told.icmpext)) or None,
        address=told.addr,
        sent_us=time_us(told.tx) if told.tx else None,
        name=told.name,
    )


def _extension(told: _Extension) -> IcmpExtension:
    """Return an extension object; of those that are no label stacks, JSON has the length only."""
    entries = [
        label_entry(one.mpls_label, one.mpls_exp, one.mpls_s, one.mpls_ttl)
        for one in told.mpls_labels
    ]
    data = b"".join(entries) or bytes(told.ie_dl)
    return IcmpExtension(class_=told.ie_cn, type_=told.ie_ct, data=data)
