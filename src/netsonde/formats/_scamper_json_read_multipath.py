"""Scamper's JSON of multipath traces, read.

The JSON shows less than was recorded: nodes that no link leaves are known by their address only,
and probes of the first set alone where several links leave a node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

from netsonde.formats._scamper_json_read_ping import Time, time_us
from netsonde.formats._scamper_names import (
    MULTIPATH_METHODS,
    NODE_QUOTED_TTL,
    REPLY_TCP,
    REPLY_TTL,
    number,
)
from netsonde.formats._scamper_ping import (
    MultipathLink,
    MultipathNode,
    MultipathProbe,
    MultipathReply,
    ScamperMultipath,
)
from netsonde.formats._warts_scope import address_bytes

if TYPE_CHECKING:
    from netsonde.formats._scamper import ScamperCycle, ScamperList

_U8 = Annotated[int, msgspec.Meta(ge=0, le=255)]
_U16 = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
_U32 = Annotated[int, msgspec.Meta(ge=0, le=4_294_967_295)]
_SILENT = "*"
_SETS_MAX = 255
_NODES_MAX = 65_535


class _Reply(msgspec.Struct):
    rx: Time
    ttl: _U8 = 0
    ipid: _U16 | None = None
    icmp_type: _U8 | None = None
    icmp_code: _U8 | None = None
    icmp_q_tos: _U8 | None = None
    icmp_q_ttl: _U8 | None = None
    tcp_flags: _U8 | None = None


class _Probe(msgspec.Struct):
    tx: Time
    ttl: _U8 = 0
    attempt: _U8 = 0
    flowid: _U16 = 0
    replies: list[_Reply] = []


class _Entry(msgspec.Struct):
    addr: str
    probes: list[_Probe] = []


class _Node(msgspec.Struct):
    addr: str
    name: str | None = None
    q_ttl: _U8 | None = None
    linkc: int = 0
    links: list[list[_Entry]] = []


class Tracelb(msgspec.Struct):
    """A line of scamper's JSON."""

    method: str
    src: str
    dst: str
    rtr: str | None = None
    userid: _U32 = 0
    sport: _U16 | None = None
    dport: _U16 | None = None
    start: Time | None = None
    probe_size: _U16 | None = None
    firsthop: _U8 | None = None
    attempts: _U8 | None = None
    confidence: _U8 | None = None
    tos: _U8 | None = None
    gaplimit: _U8 | None = None
    wait_timeout: _U8 | None = None
    wait_probe: Annotated[int, msgspec.Meta(ge=0, le=2_550)] | None = None
    probec: _U32 | None = None
    probec_max: _U32 | None = None
    nodes: list[_Node] = []


class _Built(NamedTuple):
    nodes: list[MultipathNode]
    numbers: dict[str, int]
    links: list[MultipathLink]


def multipath(
    told: Tracelb, of: ScamperList | None, cycle: ScamperCycle | None
) -> ScamperMultipath:
    """Return a multipath trace of scamper's JSON.

    Raises:
        ValueError: An address or the method cannot be.
    """
    for address in (told.src, told.dst):
        address_bytes(address)
    method = number(MULTIPATH_METHODS, told.method)
    if method is None or not 0 <= method <= 255:
        message = f"no method of multipath traces: {told.method[:40]}"
        raise ValueError(message)
    built = _build(told)
    return ScamperMultipath(
        list=of,
        cycle=cycle,
        started_us=time_us(told.start),
        source_port=told.sport,
        destination_port=told.dport,
        probe_size=told.probe_size,
        method=method,
        first_ttl=told.firsthop,
        wait_s=told.wait_timeout,
        wait_probe_cs=None if told.wait_probe is None else told.wait_probe // 10,
        attempts=told.attempts,
        confidence=told.confidence,
        tos=told.tos,
        sent=told.probec,
        sent_max=told.probec_max,
        gap_limit=told.gaplimit,
        source=told.src,
        target=told.dst,
        user_id=told.userid or None,
        router=told.rtr,
        nodes=tuple(built.nodes),
        links=tuple(built.links),
    )


def _build(told: Tracelb) -> _Built:
    built = _Built([], {}, [])
    for node in told.nodes:
        silent = node.addr == _SILENT
        flags = None if node.q_ttl is None else NODE_QUOTED_TTL
        _add(
            built,
            node.addr,
            MultipathNode(
                flags=flags,
                links=min(max(node.linkc, 0), _NODES_MAX),
                quoted_ttl=node.q_ttl,
                address=None if silent else node.addr,
                name=node.name,
            ),
        )
    for node in told.nodes:
        near = built.numbers[node.addr]
        if len(node.links) == 1 and len(node.links[0]) > 1 and node.linkc > 1:
            for entry in node.links[0]:
                _link(built, near, entry.addr, [[entry]])
        elif node.links:
            last = node.links[-1][:1]
            _link(built, near, last[0].addr if last else _SILENT, node.links[:_SETS_MAX])
    return built


def _add(built: _Built, name: str, node: MultipathNode) -> int:
    if name not in built.numbers:
        if node.address is not None:
            address_bytes(node.address)
        if len(built.nodes) == _NODES_MAX:
            message = f"more than {_NODES_MAX} nodes"
            raise ValueError(message)
        built.numbers[name] = len(built.nodes)
        built.nodes.append(node)
    return built.numbers[name]


def _link(built: _Built, near: int, far: str, sets: list[list[_Entry]]) -> None:
    end = None if far == _SILENT else _add(built, far, MultipathNode(links=0, address=far))
    if len(built.links) == _NODES_MAX:
        message = f"more than {_NODES_MAX} links"
        raise ValueError(message)
    # Of probes that nothing answered the JSON says no more than that there were some.
    unanswered = (MultipathProbe(),)
    probes = tuple(
        tuple(_probe(probe, entry.addr) for entry in entries for probe in entry.probes)
        or unanswered
        for entries in sets
    )
    built.links.append(MultipathLink(near=near, far=end, sets=probes))


def _probe(told: _Probe, address: str) -> MultipathProbe:
    return MultipathProbe(
        sent_us=time_us(told.tx),
        flow=told.flowid,
        ttl=told.ttl,
        attempt=told.attempt,
        replies=tuple(_reply(reply, address) for reply in told.replies),
    )


def _reply(told: _Reply, address: str) -> MultipathReply:
    address_bytes(address)
    is_tcp = told.tcp_flags is not None
    return MultipathReply(
        received_us=time_us(told.rx),
        ip_id=told.ipid,
        ttl=told.ttl,
        flags=REPLY_TTL | (REPLY_TCP if is_tcp else 0),
        icmp_type=told.icmp_type,
        icmp_code=told.icmp_code,
        tcp_flags=told.tcp_flags,
        quoted_ttl=told.icmp_q_ttl,
        quoted_tos=told.icmp_q_tos,
        address=address,
    )
