"""Scamper's JSON of multipath traces, character by character as `sc_warts2json` writes it.

It shows a link's probes to each TTL that the link crosses only where one link leaves the node,
and where more do, those to the first.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

from netsonde.formats._scamper_names import (
    MULTIPATH_METHODS,
    NODE_QUOTED_TTL,
    REPLY_TCP,
    quotes,
)
from netsonde.formats._warts_scope import address_bytes

if TYPE_CHECKING:
    from netsonde.formats._scamper_ping import (
        MultipathLink,
        MultipathNode,
        MultipathProbe,
        MultipathReply,
        ScamperMultipath,
    )

_SECOND_US = 1_000_000
_ICMP_METHOD = 2
_RTT_MASK = 0xFFFF_FFFF


def multipath_json(trace: ScamperMultipath, started: str) -> str:
    """Return a multipath trace as a line of scamper's JSON.

    Args:
        trace: The trace.
        started: Its start, as JSON.
    """
    method = trace.method or 0
    named = MULTIPATH_METHODS[method] if method < len(MULTIPATH_METHODS) else None
    parts = [
        f'{{"type":"tracelb", "version":"0.1", "userid":{trace.user_id or 0}, '
        f'"method":"{named or "(null)"}"'
    ]
    for key, address in (("src", trace.source), ("dst", trace.target), ("rtr", trace.router)):
        if address is not None:
            parts.append(f'"{key}":"{address}"')
    if named and method != _ICMP_METHOD:
        parts.append(f'"sport":{trace.source_port or 0}, "dport":{trace.destination_port or 0}')
    parts += [
        started,
        f'"probe_size":{trace.probe_size or 0}',
        f'"firsthop":{trace.first_ttl or 0}',
        f'"attempts":{trace.attempts or 0}',
        f'"confidence":{trace.confidence or 0}',
        f'"tos":{trace.tos or 0}',
        f'"gaplimit":{trace.gap_limit or 0}',
        f'"wait_timeout":{trace.wait_s or 0}',
        f'"wait_probe":{(trace.wait_probe_cs or 0) * 10}',
        f'"probec":{trace.sent or 0}',
        f'"probec_max":{trace.sent_max or 0}',
        f'"nodec":{len(trace.nodes)}',
        f'"linkc":{len(trace.links)}',
    ]
    if nodes := _nodes(trace):
        parts.append('"nodes":[' + ",".join(nodes) + "]")
    return ", ".join(parts) + "}"


def _nodes(trace: ScamperMultipath) -> list[str]:
    leaving: dict[int, list[MultipathLink]] = {}
    for link in trace.links:
        leaving.setdefault(link.near or 0, []).append(link)
    v6 = ":" in (trace.target or "")
    return [
        _node(node, leaving[index], trace.nodes, v6=v6)
        for index, node in enumerate(trace.nodes)
        if index in leaving
    ]


def _node(
    node: MultipathNode,
    links: list[MultipathLink],
    nodes: tuple[MultipathNode, ...],
    *,
    v6: bool,
) -> str:
    text = f'{{"addr":"{node.address or "*"}"'
    if node.name is not None:
        text += f', "name":{json.dumps(node.name)}'
    if (node.flags or 0) & NODE_QUOTED_TTL:
        text += f', "q_ttl":{node.quoted_ttl or 0}'
    if len(links) > 1:
        shown = [f"[{','.join(_first_set(link, nodes, v6=v6) for link in links)}]"]
    else:
        shown = _sets(links[0], nodes, v6=v6)
    return text + f', "linkc":{len(links)}, "links":[{",".join(shown)}]}}'


def _far(link: MultipathLink, nodes: tuple[MultipathNode, ...]) -> str | None:
    """Return the address that a link leads to; None if it leads to nothing known."""
    if link.far is None or link.far >= len(nodes):
        return None
    return nodes[link.far].address


def _first_set(link: MultipathLink, nodes: tuple[MultipathNode, ...], *, v6: bool) -> str:
    address = _far(link, nodes)
    probes = link.sets[0] if link.sets else ()
    shown = ",".join(_probe(probe, address, v6=v6) for probe in probes)
    return f'{{"addr":"{address or "*"}", "probes":[ {shown}]}}'


def _sets(link: MultipathLink, nodes: tuple[MultipathNode, ...], *, v6: bool) -> list[str]:
    shown, last = [], len(link.sets) - 1
    for index, probes in enumerate(link.sets):
        address = _far(link, nodes)
        if index == last and address is not None:
            shown.append(f"[{_from(address, probes, v6=v6)}]")
            continue
        seen = {reply.address for probe in probes for reply in probe.replies if reply.address}
        entries = [
            _from(
                address,
                [each for each in probes if any(r.address == address for r in each.replies)],
                v6=v6,
            )
            for address in sorted(seen, key=_order)
        ]
        if not probes or any(not probe.replies for probe in probes):
            entries.append('{"addr":"*"}')
        shown.append(f"[{', '.join(entries)}]")
    return shown


def _order(address: str) -> tuple[int, ...]:
    """Return what scamper sorts addresses by: their words, as a small-endian machine has them."""
    raw = address_bytes(address)
    return struct.unpack(f"<{len(raw) // 4}I", raw)


def _from(
    address: str, probes: tuple[MultipathProbe, ...] | list[MultipathProbe], *, v6: bool
) -> str:
    shown = ",".join(_probe(probe, address, v6=v6) for probe in probes)
    return f'{{"addr":"{address}", "probes":[{shown}]}}'


def _probe(probe: MultipathProbe, address: str | None, *, v6: bool) -> str:
    seconds, rest_us = divmod(probe.sent_us or 0, _SECOND_US)
    replies = [reply for reply in probe.replies if reply.address == address]
    text = (
        f'{{"tx":{{"sec":{seconds}, "usec":{rest_us}}}, "replyc":{len(replies)}, '
        f'"ttl":{probe.ttl or 0}, "attempt":{probe.attempt or 0}, "flowid":{probe.flow or 0}'
    )
    if replies:
        shown = ",".join(_reply(reply, probe.sent_us or 0, v6=v6) for reply in replies)
        text += f', "replies":[{shown}]'
    return text + "}"


def _reply(reply: MultipathReply, sent_us: int, *, v6: bool) -> str:
    received_us = reply.received_us or 0
    seconds, rest_us = divmod(received_us, _SECOND_US)
    rtt_us = received_us - sent_us & _RTT_MASK
    text = (
        f'{{"rx":{{"sec":{seconds}, "usec":{rest_us}}}, "ttl":{reply.ttl or 0}, '
        f'"rtt":{rtt_us // 1000}.{rtt_us % 1000:03}'
    )
    if not v6:
        text += f', "ipid":{reply.ip_id or 0}'
    if (reply.flags or 0) & REPLY_TCP:
        return text + f', "tcp_flags":{reply.tcp_flags or 0}}}'
    text += f', "icmp_type":{reply.icmp_type or 0}, "icmp_code":{reply.icmp_code or 0}'
    text += f', "icmp_q_tos":{reply.quoted_tos or 0}'
    if quotes(reply.icmp_type, v6=v6):
        text += f', "icmp_q_ttl":{reply.quoted_ttl or 0}'
    return text + "}"
