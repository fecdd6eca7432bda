"""Rows of replies as caracal writes them and diamond-miner reads them: CSV with a header.

Source:
    The table that `CreateResultsTable` of diamond-miner 1.1 makes: IPv4 addresses as IPv6, RTT in
    tenths of a millisecond, label stacks as (label, traffic class, bottom, TTL).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsonde.formats._record import kind_of
from netsonde.formats._results import result_of
from netsonde.model import PingMethod, PingResult, ReplyKind, TntResult, Trace, TraceMethod

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netsonde.formats._losses import Losses
    from netsonde.formats._record import Measured, Record
    from netsonde.model import Reply, Result

COLUMNS = (
    "capture_timestamp", "probe_protocol", "probe_src_addr", "probe_dst_addr", "probe_src_port",
    "probe_dst_port", "probe_ttl", "quoted_ttl", "reply_src_addr", "reply_protocol",
    "reply_icmp_type", "reply_icmp_code", "reply_ttl", "reply_size", "reply_mpls_labels", "rtt",
    "round",
)  # fmt: skip
_SECOND_NS, _TENTH_NS = 1_000_000_000, 100_000
_ICMP, _TCP, _UDP, _ICMPV6 = 1, 6, 17, 58
_RTT_MAX = 65_535
_PROTOCOLS = {
    TraceMethod.ICMP_PARIS: _ICMP,
    TraceMethod.UDP_PARIS: _UDP,
    TraceMethod.TCP_SYN: _TCP,
    PingMethod.ICMP: _ICMP,
    PingMethod.UDP: _UDP,
    PingMethod.TCP_SYN: _TCP,
    PingMethod.TCP_ACK: _TCP,
}
_REPLY_PROTOCOLS = {
    ReplyKind.TCP_SYN_ACK: _TCP,
    ReplyKind.TCP_RST: _TCP,
    ReplyKind.UDP_REPLY: _UDP,
}


def diamond_miner_bytes(records: Iterable[Record], losses: Losses) -> Iterator[bytes]:
    """Yield a header, and a line for each reply."""
    yield (",".join(COLUMNS) + "\n").encode()
    for record in records:
        found = result_of(record, losses)
        result: Result | Trace | None = found.result if found else None
        if found is not None and found.annotations:
            losses.field("names, systems and places of addresses")
        if isinstance(result, TntResult):
            losses.field("tunnels")
            result = result.trace
        if found is not None and isinstance(result, Trace):
            if any(not hop.replies for hop in result.hops):
                losses.field("silent hops, and why a trace ended")
            for hop in result.hops:
                for reply in hop.replies:
                    yield _row(result, hop.probe_ttl, reply, found, losses)
        elif found is not None and isinstance(result, PingResult):
            losses.field("TTLs of pings' probes")
            for reply in result.replies:
                yield _row(result, 0, reply, found, losses)
        elif found is not None:
            losses.record(kind_of(record))


def _row(result: Trace | PingResult, ttl: int, reply: Reply, of: Measured, losses: Losses) -> bytes:
    v6 = ":" in result.target
    probe_protocol = _PROTOCOLS[result.method]
    reply_protocol = _REPLY_PROTOCOLS.get(reply.kind, _ICMPV6 if v6 else _ICMP)
    if reply.extensions:
        losses.field("ICMP extension objects other than label stacks")
    started_ns = result.started_ns if reply.sent_ns is None else reply.sent_ns
    labels = ",".join(f"({one.label},{one.tc},{int(one.bottom)},{one.ttl})" for one in reply.labels)
    flow = result.flow if isinstance(result, Trace) else 0
    values = (
        of.unix_ns(started_ns + reply.rtt_ns) // _SECOND_NS,
        _ICMPV6 if v6 and probe_protocol == _ICMP else probe_protocol,
        _mapped(result.source),
        _mapped(result.target),
        flow,
        0,
        ttl,
        reply.quoted_ttl or 0,
        _mapped(reply.responder),
        reply_protocol,
        reply.icmp_type or 0,
        reply.icmp_code or 0,
        reply.reply_ttl or 0,
        reply.size,
        f'"[{labels}]"',
        min(round(reply.rtt_ns / _TENTH_NS), _RTT_MAX),
        1,
    )
    return (",".join(map(str, values)) + "\n").encode()


def _mapped(address: str) -> str:
    return address if ":" in address else f"::ffff:{address}"
