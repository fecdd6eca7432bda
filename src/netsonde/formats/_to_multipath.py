"""Scamper's multipath traces as results of netsonde.

Scamper's graph has one node for each address and links that may cross silent hops, with the probes
to each TTL; ours has nodes for each TTL, silent ones too. What scamper does not tell is left out:
kinds of balancers, ports of flows, and probes to the first hop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from netsonde import _core
from netsonde.formats._extensions import from_objects
from netsonde.formats._from_multipath import METHODS
from netsonde.formats._kinds import icmp_kind, tcp_kind
from netsonde.formats._scamper_names import REPLY_TCP
from netsonde.model import (
    Algorithm,
    Diamond,
    HopCost,
    MultipathLink,
    MultipathMethod,
    MultipathNode,
    MultipathProbe,
    MultipathResult,
    NodeEnd,
    ProbePurpose,
    Reply,
    ReplyKind,
    StopReason,
)

if TYPE_CHECKING:
    from netsonde.formats._scamper_ping import MultipathLink as Link
    from netsonde.formats._scamper_ping import MultipathProbe as Probe
    from netsonde.formats._scamper_ping import MultipathReply as ProbeReply
    from netsonde.formats._scamper_ping import ScamperMultipath

_METHODS = {number: method for method, number in METHODS.items()}
_TTL_MAX = 255
_ATTEMPT_MAX = 255
#: What a target says when a probe came to its end.
_ARRIVALS = {ReplyKind.ECHO_REPLY, ReplyKind.TCP_RST, ReplyKind.TCP_SYN_ACK, ReplyKind.UNREACHABLE}

#: A node of ours: its TTL, and its address or, of a silent one, the index of scamper's node before.
_Place = tuple[int, str | int]


def multipath_result(trace: ScamperMultipath) -> MultipathResult:
    """Return a multipath trace of scamper's as netsonde would tell it; times are Unix times."""
    graph = _Graph(trace)
    started_ns = (trace.started_us or 0) * 1000
    probes = tuple(sorted(graph.probes.values(), key=lambda one: (one.sent_ns, one.ttl, one.flow)))
    ends = [one.sent_ns + (one.reply.rtt_ns if one.reply else 0) for one in probes]
    ttls = [one.ttl for one in probes]
    nodes, links = graph.lattice()
    result = MultipathResult(
        target=trace.target or "",
        source=trace.source or "",
        method=_METHODS.get(trace.method or 0, MultipathMethod.UDP_DPORT),
        algorithm=Algorithm.MDA,
        confidence=float(trace.confidence or 0),
        first_ttl=min([node.ttl for node in nodes], default=trace.first_ttl or 1),
        nodes=nodes,
        links=links,
        hops=tuple(HopCost(ttl=ttl, sent=ttls.count(ttl)) for ttl in sorted(set(ttls))),
        probes=probes,
        stop=StopReason.COMPLETED,
        sent=trace.sent or 0,
        duplicates=graph.duplicates,
        started_ns=started_ns,
        ended_ns=max([started_ns, *ends]),
    )
    return msgspec.structs.replace(result, diamonds=_diamonds(result))


class _Graph:
    """Scamper's links, taken apart into hops of one TTL each."""

    def __init__(self, trace: ScamperMultipath) -> None:
        self._trace = trace
        self._ttls: dict[int, int] = {}
        self._flows: dict[_Place, set[int]] = {}
        self._links: dict[tuple[_Place, _Place], set[int]] = {}
        self._kinds: dict[_Place, set[ReplyKind]] = {}
        self.probes: dict[tuple[int | None, ...], MultipathProbe] = {}
        self.duplicates = 0
        if trace.nodes and not trace.links:
            self._place(min(trace.first_ttl or 1, _TTL_MAX), self._name(0), set())
        for link in trace.links:
            self._add(link)

    def lattice(self) -> tuple[tuple[MultipathNode, ...], tuple[MultipathLink, ...]]:
        """Return nodes by TTL, and links by node; the source has links to the first nodes."""
        places = sorted(self._flows, key=lambda place: (place[0], str(place[1])))
        numbers = {place: number for number, place in enumerate(places)}
        open_ = {near for near, _ in self._links}
        nodes = tuple(
            MultipathNode(
                ttl=place[0],
                address=place[1] if isinstance(place[1], str) else None,
                flows=tuple(sorted(self._flows[place])),
                end=None if place in open_ else self._end(place),
            )
            for place in places
        )
        first = places[0][0] if places else 0
        links = [
            MultipathLink(far=numbers[place], flows=nodes[numbers[place]].flows)
            for place in places
            if place[0] == first
        ]
        links += [
            MultipathLink(near=numbers[near], far=numbers[far], flows=tuple(sorted(flows)))
            for (near, far), flows in sorted(
                self._links.items(), key=lambda one: (numbers[one[0][0]], numbers[one[0][1]])
            )
        ]
        return nodes, tuple(links)

    def _name(self, index: int) -> str | int:
        nodes = self._trace.nodes
        address = nodes[index].address if index < len(nodes) else None
        return index if address is None else address

    def _place(self, ttl: int, name: str | int, flows: set[int]) -> _Place:
        place = (ttl, name)
        self._flows.setdefault(place, set()).update(flows)
        return place

    def _add(self, link: Link) -> None:
        index = link.near or 0
        told = [one.ttl for one in link.sets[0] if one.ttl] if link.sets else []
        ttl = min(told) - 1 if told else self._ttls.get(index, self._trace.first_ttl or 1)
        self._ttls.setdefault(index, ttl)
        flows = {one.flow or 0 for one in link.sets[0] if one.ttl} if link.sets else set()
        near = [self._place(ttl, self._name(index), flows)]
        for probes in link.sets:
            ttl += 1
            if ttl > _TTL_MAX:
                return
            near = self._hop(near, ttl, probes, index)
        if link.far is not None and link.far < len(self._trace.nodes):
            self._ttls.setdefault(link.far, ttl)
            far = (ttl, self._name(link.far))
            if link.sets and far not in near and isinstance(far[1], str):
                # Nobody told which probes led there.
                for one in near:
                    self._links.setdefault((one, self._place(*far, set())), set())

    def _hop(
        self, near: list[_Place], ttl: int, probes: tuple[Probe, ...], index: int
    ) -> list[_Place]:
        """Take the probes to one TTL, and return the nodes that they saw."""
        seen: dict[str | int, set[int]] = {}
        silent: set[int] = set()
        for probe in probes:
            if probe.ttl is None:
                continue
            self._probe(probe)
            if not probe.replies:
                silent.add(probe.flow or 0)
            for reply in probe.replies:
                if reply.address is not None:
                    seen.setdefault(reply.address, set()).add(probe.flow or 0)
                    self._kinds.setdefault((ttl, reply.address), set()).add(_kind(reply))
        if not seen:
            seen[index] = silent
        found = [self._place(ttl, name, flows) for name, flows in seen.items()]
        for far in found:
            for one in near:
                shared = self._flows[one] & self._flows[far]
                if shared or len(near) == 1 or len(found) == 1:
                    self._links.setdefault((one, far), set()).update(shared)
        return found

    def _probe(self, probe: Probe) -> None:
        key = (probe.ttl, probe.flow, probe.attempt, probe.sent_us)
        sent_us = probe.sent_us or 0
        replies = [_reply(one, probe) for one in probe.replies if one.address is not None]
        if key in self.probes and not (replies and self.probes[key].reply is None):
            return
        self.duplicates += max(0, len(replies) - 1)
        self.probes[key] = MultipathProbe(
            ttl=probe.ttl or 0,
            flow=probe.flow or 0,
            attempt=min((probe.attempt or 0) + 1, _ATTEMPT_MAX),
            purpose=ProbePurpose.EXPLORE,
            sent_ns=sent_us * 1000,
            reply=replies[0] if replies else None,
        )

    def _end(self, place: _Place) -> NodeEnd:
        kinds = self._kinds.get(place, set())
        if place[1] == self._trace.target and (not kinds or kinds & _ARRIVALS):
            return NodeEnd.DESTINATION
        if ReplyKind.UNREACHABLE in kinds:
            return NodeEnd.UNREACHABLE
        return NodeEnd.LAST_TTL if place[0] == _TTL_MAX else NodeEnd.GAP_LIMIT


def _kind(reply: ProbeReply) -> ReplyKind:
    if (reply.flags or 0) & REPLY_TCP:
        return tcp_kind(reply.tcp_flags)
    return icmp_kind(reply.icmp_type, reply.icmp_code, v6=":" in (reply.address or ""))


def _reply(reply: ProbeReply, probe: Probe) -> Reply:
    is_tcp = bool((reply.flags or 0) & REPLY_TCP)
    stack, others = from_objects(reply.extensions or ())
    sent_us = probe.sent_us or 0
    return Reply(
        responder=reply.address or "",
        kind=_kind(reply),
        attempt=min((probe.attempt or 0) + 1, _ATTEMPT_MAX),
        rtt_ns=max(0, (reply.received_us or sent_us) - sent_us) * 1000,
        sent_ns=sent_us * 1000,
        reply_ttl=reply.ttl,
        ip_id=reply.ip_id,
        size=0,
        icmp_type=None if is_tcp else reply.icmp_type,
        icmp_code=None if is_tcp else reply.icmp_code,
        quoted_ttl=reply.quoted_ttl,
        quoted_tos=reply.quoted_tos,
        labels=stack,
        extensions=others,
    )


def _diamonds(result: MultipathResult) -> tuple[Diamond, ...]:
    """Return the diamonds of a graph; addresses, which other programs wrote, do not matter."""
    bare = msgspec.structs.replace(
        result,
        target="::",
        source="::",
        nodes=tuple(msgspec.structs.replace(node, address=None) for node in result.nodes),
        probes=(),
    )
    found = _core.diamonds(msgspec.json.encode(bare))
    return msgspec.json.decode(found, type=tuple[Diamond, ...])
