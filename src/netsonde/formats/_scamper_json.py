"""Scamper's JSON of cycles and traces, character by character as `sc_warts2json` writes it.

Also where that is odd: a missing or an additional space, and the name `icmp_nhmtu:`.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from netsonde.formats._scamper import ScamperCycle, ScamperCycleStop, ScamperList, ScamperTrace
from netsonde.formats._scamper_json_multipath import multipath_json
from netsonde.formats._scamper_json_ping import ping_json
from netsonde.formats._scamper_names import (
    HOP_TCP,
    STOP_REASONS,
    TRACE_ICMP_CHECKSUM,
    TRACE_METHODS,
    labels,
    name,
    quotes,
)
from netsonde.formats._scamper_ping import Opaque, ScamperMultipath, ScamperPing

if TYPE_CHECKING:
    from netsonde.formats._scamper import IcmpExtension, ScamperHop
    from netsonde.formats._warts import WartsRecord

_SECOND_US = 1_000_000
_ICMP_METHODS = {1, 4}
_ICMP_PARIS = 4


def scamper_json(record: WartsRecord) -> str | None:
    """Return a record as a line of scamper's JSON; None if that has no such record."""
    match record:
        case ScamperTrace():
            return _trace(record)
        case ScamperPing():
            return ping_json(record)
        case ScamperMultipath():
            return multipath_json(record, _started(record.started_us))
        case ScamperCycle(is_definition=False):
            return _cycle("start", record, record.started_s)
        case ScamperCycleStop():
            return _cycle("stop", record.cycle, record.stopped_s)
        case ScamperList() | ScamperCycle() | Opaque():
            return None


def _cycle(event: str, cycle: ScamperCycle, time_s: int) -> str:
    host = f' "hostname":{json.dumps(cycle.host)},' if cycle.host is not None else ""
    return (
        f'{{"type":"cycle-{event}", "list_name":{json.dumps(cycle.list.name)}, '
        f'"id":{cycle.cycle_id},{host} "{event}_time":{time_s}}}'
    )


def _trace(trace: ScamperTrace) -> str:
    parts = [
        f'{{"type":"trace","version":"0.1", "userid":{trace.user_id or 0}, '
        f'"method":"{name(TRACE_METHODS, trace.method)}"'
    ]
    for key, address in (("src", trace.source), ("dst", trace.target), ("rtr", trace.router)):
        if address is not None:
            parts.append(f'"{key}":"{address}"')
    parts += _ports(trace)
    parts += [
        f'"stop_reason":"{name(STOP_REASONS, trace.stop_reason)}"',
        f'"stop_data":{trace.stop_data or 0}',
        _started(trace.started_us),
        f'"hop_count":{_hop_count(trace)}',
        f'"attempts":{trace.attempts or 0}',
        f'"hoplimit":{trace.hop_limit or 0}',
        f'"firsthop":{1 if trace.first_ttl is None else trace.first_ttl}',
        f'"wait":{trace.wait_s or 0}',
        f'"wait_probe":{trace.wait_probe_cs or 0}',
        f'"tos":{trace.tos or 0}',
        f'"probe_size":{trace.probe_size or 0}',
        f'"probe_count":{trace.sent or 0}',
    ]
    if trace.hops:
        parts.append('"hops":[' + ",".join(map(_hop, _shown(trace))) + "]")
    return ", ".join(parts) + "}"


def _ports(trace: ScamperTrace) -> list[str]:
    if trace.method == _ICMP_PARIS and (trace.flags or 0) & TRACE_ICMP_CHECKSUM:
        return [f'"icmp_sum":{trace.destination_port or 0}']
    # Unnamed methods have no ports that scamper would show.
    if trace.method in _ICMP_METHODS or not 0 < (trace.method or 0) < len(TRACE_METHODS):
        return []
    return [f'"sport":{trace.source_port or 0}', f'"dport":{trace.destination_port or 0}']


def _shown(trace: ScamperTrace) -> list[ScamperHop]:
    """Return the replies by TTL, from the first TTL on: doubletree goes back below it."""
    first = trace.first_ttl or 1
    shown = [hop for hop in trace.hops if (hop.probe_ttl or 0) >= first]
    return sorted(shown, key=lambda hop: hop.probe_ttl or 0)


def _hop_count(trace: ScamperTrace) -> int:
    if trace.hop_count is not None:
        return trace.hop_count
    return max((hop.probe_ttl or 0 for hop in trace.hops), default=0)


def _started(time_us: int | None) -> str:
    seconds, rest_us = divmod(time_us or 0, _SECOND_US)
    local = datetime.fromtimestamp(seconds).astimezone()
    shown = local.strftime("%Y-%m-%d %H:%M:%S")
    return f'"start":{{"sec":{seconds}, "usec":{rest_us}, "ftime":"{shown}"}}'


def _hop(hop: ScamperHop) -> str:
    v6 = ":" in (hop.address or "")
    named = f'"name":{json.dumps(hop.name)}, ' if hop.name is not None else ""
    sent = ""
    if hop.sent_us is not None:
        seconds, rest_us = divmod(hop.sent_us, _SECOND_US)
        sent = f'"tx":{{"sec":{seconds}, "usec":{rest_us}}}, '
    rtt_us = hop.rtt_us or 0
    return (
        f'{{"addr":"{hop.address}", {named}"probe_ttl":{hop.probe_ttl or 0}, '
        f'"probe_id":{hop.probe_id or 1}, "probe_size":{hop.probe_size or 0}, {sent}'
        f'"rtt":{rtt_us // 1000}.{rtt_us % 1000:03}, "reply_ttl":{hop.reply_ttl or 0}, '
        f'"reply_tos":{hop.reply_tos or 0}, "reply_ipid":{hop.ip_id or 0}, '
        f'"reply_size":{hop.reply_size or 0}, {_icmp(hop, v6=v6)}{_extensions(hop.extensions)}}}'
    )


def _icmp(hop: ScamperHop, *, v6: bool) -> str:
    if (hop.flags or 0) & HOP_TCP:
        return f'"tcp_flags":{hop.tcp_flags or 0}'
    text = f'"icmp_type":{hop.icmp_type or 0}, "icmp_code":{hop.icmp_code or 0}'
    if not quotes(hop.icmp_type, v6=v6):
        return text
    ttl = 1 if hop.quoted_ttl is None else hop.quoted_ttl
    size = hop.probe_size if hop.quoted_size is None else hop.quoted_size
    text += f', "icmp_q_ttl":{ttl}, "icmp_q_ipl":{size or 0}'
    if not v6:
        text += f', "icmp_q_tos":{hop.quoted_tos or 0}'
    is_too_big = hop.icmp_type == 2 if v6 else (hop.icmp_type, hop.icmp_code) == (3, 4)
    return text + (f', "icmp_nhmtu:":{hop.mtu or 0}' if is_too_big else "")


def _extensions(extensions: tuple[IcmpExtension, ...] | None) -> str:
    if not extensions:
        return ""
    shown = []
    for each in extensions:
        text = f'{{"ie_cn":{each.class_},"ie_ct":{each.type_},"ie_dl":{len(each.data)}'
        if stack := labels(each):
            entries = ",".join(
                f'{{"mpls_ttl":{ttl},"mpls_s":{bottom},"mpls_exp":{tc},"mpls_label":{label}}}'
                for label, tc, bottom, ttl in stack
            )
            text += f',"mpls_labels":[{entries}]'
        shown.append(text + "}")
    return ', "icmpext":[' + ",".join(shown) + "]"
