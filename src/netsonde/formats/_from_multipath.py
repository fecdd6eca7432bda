"""Multipath results of netsonde as scamper's records.

Scamper's graph has one node for each address, and links between them with the probes to each TTL
that a link crosses; ours has nodes for each TTL. Silent nodes are no nodes there: a link crosses
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsonde.formats._extensions import to_objects
from netsonde.formats._from_model import U16_MAX, U32_MAX, ip_id, time_us
from netsonde.formats._scamper_names import NODE_QUOTED_TTL, REPLY_TCP, REPLY_TTL
from netsonde.formats._scamper_ping import (
    MultipathLink,
    MultipathNode,
    MultipathProbe,
    MultipathReply,
    ScamperMultipath,
)
from netsonde.model import MultipathMethod, ProbePurpose, ReplyKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.formats._record import Measured
    from netsonde.formats._scamper import ScamperCycle, ScamperList
    from netsonde.model import MultipathProbe as Probe
    from netsonde.model import MultipathResult, Reply

#: The numbers that scamper gives to methods.
METHODS = {
    MultipathMethod.UDP_DPORT: 1,
    MultipathMethod.ICMP_ECHO: 2,
    MultipathMethod.UDP_SPORT: 3,
    MultipathMethod.TCP_SPORT: 4,
    MultipathMethod.TCP_ACK_SPORT: 5,
}
_TCP_FLAGS = {ReplyKind.TCP_SYN_ACK: 0x12, ReplyKind.TCP_RST: 0x14}
#: TTLs that one link crosses.
_SETS_MAX = 255

#: An edge between two of our nodes, silent ones crossed: near, far, first and last TTL it crosses.
_Edge = tuple[int, int, int, int]


def scamper_multipath(
    result: MultipathResult, of: Measured, told: ScamperList | None, cycle: ScamperCycle | None
) -> ScamperMultipath:
    """Return a multipath trace as scamper's; branch kinds and tunnels are left out."""
    addresses = [node.address for node in result.nodes if node.address is not None]
    numbers = {address: number for number, address in enumerate(dict.fromkeys(addresses))}
    probes: dict[int, list[Probe]] = {}
    for probe in result.probes:
        if probe.purpose is not ProbePurpose.ELSEWHERE:
            probes.setdefault(probe.ttl, []).append(probe)
    links: dict[tuple[int, int], MultipathLink] = {}
    for near, far, first_ttl, last_ttl in _edges(result):
        flows = set(result.nodes[far].flows)
        pair = (
            numbers[result.nodes[near].address or ""],
            numbers[result.nodes[far].address or ""],
        )
        sets = tuple(
            tuple(_probe(one, of) for one in probes.get(ttl, ()) if one.flow in flows)
            for ttl in range(first_ttl, min(last_ttl, first_ttl + _SETS_MAX - 1) + 1)
        )
        links.setdefault(pair, MultipathLink(near=pair[0], far=pair[1], sets=sets))
    leaving = [near for near, _ in links]
    flow = result.flows[0] if result.flows else None
    return ScamperMultipath(
        list=told,
        cycle=cycle,
        started_us=time_us(of, result.started_ns),
        source_port=flow.source_port if flow else None,
        destination_port=flow.destination_port if flow else None,
        method=METHODS[result.method],
        first_ttl=result.first_ttl,
        confidence=min(max(0, round(result.confidence)), 255),
        sent=min(result.sent, U32_MAX),
        source=result.source,
        target=result.target,
        user_id=of.user_id or None,
        nodes=tuple(
            _node(address, leaving.count(number), result, of.names.get(address))
            for address, number in numbers.items()
        ),
        links=tuple(links[pair] for pair in sorted(links, key=lambda pair: pair[0])),
    )


def _edges(result: MultipathResult) -> Iterator[_Edge]:
    """Yield the edges between nodes that have an address."""
    after: dict[int, list[int]] = {}
    for link in result.links:
        if link.near is not None:
            after.setdefault(link.near, []).append(link.far)
    count = len(result.nodes)
    for near, node in enumerate(result.nodes):
        if node.address is None:
            continue
        waiting, seen = list(after.get(near, ())), set[int]()
        while waiting:
            far = waiting.pop(0)
            if far in seen or far >= count:
                continue
            seen.add(far)
            end = result.nodes[far]
            if end.address is None:
                waiting += after.get(far, ())
            elif end.ttl > node.ttl:
                yield near, far, node.ttl + 1, end.ttl


def _node(address: str, links: int, result: MultipathResult, named: str | None) -> MultipathNode:
    index = next(n for n, node in enumerate(result.nodes) if node.address == address)
    quoted = next((one.quoted_ttl for one in result.replies(index)), None)
    return MultipathNode(
        flags=None if quoted is None else NODE_QUOTED_TTL,
        links=min(links, U16_MAX),
        quoted_ttl=quoted,
        address=address,
        name=named,
    )


def _probe(probe: Probe, of: Measured) -> MultipathProbe:
    sent_us = time_us(of, probe.sent_ns)
    replies = () if probe.reply is None else (_reply(probe.reply, probe.sent_ns, of),)
    return MultipathProbe(
        sent_us=sent_us,
        flow=probe.flow,
        ttl=probe.ttl,
        attempt=max(0, probe.attempt - 1),
        replies=replies,
    )


def _reply(reply: Reply, sent_ns: int, of: Measured) -> MultipathReply:
    tcp_flags = _TCP_FLAGS.get(reply.kind)
    is_tcp = tcp_flags is not None
    return MultipathReply(
        received_us=time_us(of, sent_ns + reply.rtt_ns),
        ip_id=ip_id(reply),
        ttl=reply.reply_ttl,
        flags=(REPLY_TTL if reply.reply_ttl is not None else 0) | (REPLY_TCP if is_tcp else 0),
        icmp_type=None if is_tcp else reply.icmp_type,
        icmp_code=None if is_tcp or reply.icmp_type is None else reply.icmp_code or 0,
        tcp_flags=tcp_flags,
        extensions=to_objects(reply.labels, reply.extensions),
        quoted_ttl=reply.quoted_ttl,
        quoted_tos=reply.quoted_tos,
        address=reply.responder,
    )
