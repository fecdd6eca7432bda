"""Scamper's JSON of pings, character by character as `sc_warts2json` writes it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from netsonde.formats._scamper_names import (
    PING_FLAGS,
    PING_ICMP_CHECKSUM,
    PING_METHODS,
    PING_PAYLOAD,
    TCP,
    UDP,
    name,
)

if TYPE_CHECKING:
    from netsonde.formats._scamper_ping import ScamperPing, ScamperPingReply

_SECOND_US = 1_000_000
_TCP_METHODS = {1, 2, 6, 7, 8}
_UDP_METHODS = {3, 4}


def ping_json(ping: ScamperPing) -> str:
    """Return a ping as a line of scamper's JSON."""
    seconds, rest_us = divmod(ping.started_us or 0, _SECOND_US)
    parts = [f'{{"type":"ping", "version":"0.4", "method":"{name(PING_METHODS, ping.method)}"']
    for key, address in (("src", ping.source), ("dst", ping.target), ("rtr", ping.router)):
        if address is not None and key != "rtr":
            parts.append(f'"{key}":"{address}"')
    parts += [
        f'"start":{{"sec":{seconds},"usec":{rest_us}}}',
        f'"ping_sent":{ping.sent or 0}',
        f'"probe_size":{ping.probe_size or 0}',
        f'"userid":{ping.user_id or 0}',
        f'"ttl":{ping.ttl or 0}',
        f'"wait":{ping.wait_s or 0}',
    ]
    if ping.wait_us:
        parts.append(f'"wait_us":{ping.wait_us}')
    timeout_s = ping.wait_s if ping.timeout_s is None else ping.timeout_s
    parts += [f'"timeout":{timeout_s or 0}', *_options(ping)]
    # Replies to one probe follow each other, whenever they came.
    in_order = sorted(ping.replies, key=lambda reply: reply.probe_id or 0)
    replies = ",".join(map(_reply, in_order))
    return ", ".join(parts) + f', "responses":[{replies}],"statistics":{{{_statistics(ping)}}}}}'


def _options(ping: ScamperPing) -> list[str]:
    parts = []
    if ping.method in _TCP_METHODS or ping.method in _UDP_METHODS:
        parts += [f'"sport":{ping.source_port or 0}', f'"dport":{ping.destination_port or 0}']
    if ping.method in _TCP_METHODS:
        parts += [f'"tcp_seq":{ping.tcp_sequence or 0}', f'"tcp_ack":{ping.tcp_ack or 0}']
    flags = (ping.flags or 0) | (ping.flags_16 or 0)
    if ping.payload:
        kind = "payload" if flags & PING_PAYLOAD else "pattern"
        parts.append(f'"{kind}":"{ping.payload.hex()}"')
    if flags:
        shown = ",".join(f'"{each}"' for bit, each in enumerate(PING_FLAGS) if flags >> bit & 1)
        parts.append(f'"flags":[{shown}]')
    if flags & PING_ICMP_CHECKSUM:
        parts.append(f'"icmp_csum": {ping.icmp_checksum or 0}')
    if ping.stamp_addresses:
        shown = ",".join(f'"{each}"' for each in ping.stamp_addresses)
        parts.append(f'"probe_tsps":[{shown}]')
    return parts


def _reply(reply: ScamperPingReply) -> str:
    protocol = {TCP: "tcp", UDP: "udp"}.get(reply.protocol or 0, "icmp")
    rtt_us = reply.rtt_us or 0
    parts = [
        f'{{"from":"{reply.address}", "seq":{reply.probe_id or 0}, '
        f'"reply_size":{reply.reply_size or 0}, "reply_ttl":{reply.reply_ttl or 0}, '
        f'"reply_proto":"{protocol}"'
    ]
    if reply.sent_us is not None:
        for key, time_us in (("tx", reply.sent_us), ("rx", reply.sent_us + rtt_us)):
            seconds, rest_us = divmod(time_us, _SECOND_US)
            parts.append(f'"{key}":{{"sec":{seconds}, "usec":{rest_us}}}')
    parts.append(f'"rtt":{rtt_us // 1000}.{rtt_us % 1000:03}')
    if ":" not in (reply.address or ""):
        parts.append(f'"probe_ipid":{reply.probe_ip_id or 0}, "reply_ipid":{reply.ip_id or 0}')
    if protocol == "icmp":
        parts.append(f'"icmp_type":{reply.icmp_type or 0}, "icmp_code":{reply.icmp_code or 0}')
    elif protocol == "tcp":
        parts.append(f'"tcp_flags":{reply.tcp_flags or 0}')
    if reply.route:
        parts.append('"RR":[' + ",".join(f'"{each}"' for each in reply.route) + "]")
    return ", ".join([*parts, *_stamps(reply)]) + "}"


def _stamps(reply: ScamperPingReply) -> list[str]:
    if reply.stamps is None:
        return []
    if not reply.stamps.addresses:
        return ['"tsonly":[' + ",".join(map(str, reply.stamps.stamps)) + "]"]
    pairs = zip(reply.stamps.addresses, reply.stamps.stamps, strict=False)
    shown = ",".join(f'{{"ip":"{address}","ts":{stamp}}}' for address, stamp in pairs)
    return [f'"tsandaddr":[{shown}]']


def _statistics(ping: ScamperPing) -> str:
    answered = len({reply.probe_id or 0 for reply in ping.replies})
    text = f'"replies":{answered}'
    if not ping.sent:
        return text
    lost = max(0, ping.sent - answered)
    shown = "0" if not lost else "1" if lost == ping.sent else f"{lost / ping.sent:.2f}"
    text += f', "loss":{shown}'
    if not ping.replies:
        return text
    rtts_us = [reply.rtt_us or 0 for reply in ping.replies]
    mean_us = sum(rtts_us) // len(rtts_us)
    spread = sum((rtt_us - sum(rtts_us) / len(rtts_us)) ** 2 for rtt_us in rtts_us)
    deviation_us = int(math.sqrt(spread / len(rtts_us)))
    for key, value_us in (
        ("min", min(rtts_us)),
        ("max", max(rtts_us)),
        ("avg", mean_us),
        ("stddev", deviation_us),
    ):
        text += f', "{key}":{value_us // 1000}.{value_us % 1000:03}'
    return text
