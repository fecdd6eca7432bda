"""Ping and multipath records of warts.

Source:
    warts(5), "ping structure"; of multipath traces, which it leaves out, what
    `sc_wartsdump` says of files, and the MIT-licensed crate `warts`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from netsonde.formats._scamper_ping import (
    MultipathLink,
    MultipathNode,
    MultipathProbe,
    MultipathReply,
    ScamperMultipath,
    ScamperPing,
    ScamperPingReply,
)
from netsonde.formats._warts_params import Spec
from netsonde.formats._warts_scope import File, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

_PING = Spec(
    ("list", "list"),
    ("cycle", "cycle"),
    ("source", "address-id"),
    ("target", "address-id"),
    ("started_us", "time"),
    ("stop_reason", "u8"),
    ("stop_data", "u8"),
    ("payload", "blob-size"),
    ("payload", "blob"),
    ("count", "u16"),
    ("probe_size", "u16"),
    ("wait_s", "u8"),
    ("ttl", "u8"),
    ("reply_count", "u16"),
    ("sent", "u16"),
    ("method", "u8"),
    ("source_port", "u16"),
    ("destination_port", "u16"),
    ("user_id", "u32"),
    ("source", "address"),
    ("target", "address"),
    ("flags", "u8"),
    ("tos", "u8"),
    ("stamp_addresses", "route"),
    ("icmp_checksum", "u16"),
    ("pseudo_mtu", "u16"),
    ("timeout_s", "u8"),
    ("wait_us", "u32"),
    ("tcp_ack", "u32"),
    ("flags_16", "u16"),
    ("tcp_sequence", "u32"),
    ("router", "address"),
    ("timeout_us", "u32"),
)
_PING_REPLY = Spec(
    ("address", "address-id"),
    ("flags", "u8"),
    ("reply_ttl", "u8"),
    ("reply_size", "u16"),
    ("icmp_type", "icmp"),
    ("rtt_us", "u32"),
    ("probe_id", "u16"),
    ("ip_id", "u16"),
    ("probe_ip_id", "u16"),
    ("protocol", "u8"),
    ("tcp_flags", "u8"),
    ("address", "address"),
    ("route", "route"),
    ("stamps", "stamps"),
    ("ip_id_32", "u32"),
    ("sent_us", "time"),
    ("icmp_times", "times"),
    ("source_port", "u16"),
    ("reply_tos", "u8"),
)
_MULTIPATH = Spec(
    ("list", "list"),
    ("cycle", "cycle"),
    ("source", "address-id"),
    ("target", "address-id"),
    ("started_us", "time"),
    ("source_port", "u16"),
    ("destination_port", "u16"),
    ("probe_size", "u16"),
    ("method", "u8"),
    ("first_ttl", "u8"),
    ("wait_s", "u8"),
    ("wait_probe_cs", "u8"),
    ("attempts", "u8"),
    ("confidence", "u8"),
    ("tos", "u8"),
    ("node_count", "u16"),
    ("link_count", "u16"),
    ("sent", "u32"),
    ("sent_max", "u32"),
    ("gap_limit", "u8"),
    ("source", "address"),
    ("target", "address"),
    ("user_id", "u32"),
    ("flags", "u8"),
    ("router", "address"),
)
_NODE = Spec(
    ("address", "address-id"),
    ("flags", "u8"),
    ("links", "u16"),
    ("quoted_ttl", "u8"),
    ("address", "address"),
    ("name", "text"),
)
_LINK = Spec(("near", "u16"), ("far", "u16"), ("set_count", "u8"))
_SET = Spec(("probe_count", "u16"))
_PROBE = Spec(
    ("sent_us", "time"),
    ("flow", "u16"),
    ("ttl", "u8"),
    ("attempt", "u8"),
    ("reply_count", "u16"),
)
_REPLY = Spec(
    ("received_us", "time"),
    ("ip_id", "u16"),
    ("ttl", "u8"),
    ("flags", "u8"),
    ("icmp_type", "icmp"),
    ("tcp_flags", "u8"),
    ("extensions", "extensions"),
    ("quoted_ttl", "u8"),
    ("quoted_tos", "u8"),
    ("address", "address-id"),
    ("address", "address"),
)


def read_ping(data: bytes, file: File) -> ScamperPing:
    """Return the ping that a record's body holds.

    Raises:
        Malformed: It cannot be.
        struct.error: It ends too early.
        IndexError: It ends too early.
    """
    scope = Scope(file)
    fields, at = _PING.read(data, 0, scope)
    (count,) = struct.unpack_from(">H", data, at)
    at += 2
    replies = []
    for _ in range(count):
        values, at = _PING_REPLY.read(data, at, scope)
        replies.append(ScamperPingReply(**values))
    return ScamperPing(replies=tuple(replies), **fields)


def write_ping(ping: ScamperPing, file: File) -> bytes:
    """Return a ping record's body."""
    scope = Scope(file)
    head = _PING.write(ping, scope)
    replies = [_PING_REPLY.write(reply, scope) for reply in ping.replies]
    return b"".join((head, len(replies).to_bytes(2, "big"), *replies))


def read_multipath(data: bytes, file: File) -> ScamperMultipath:
    """Return the multipath trace that a record's body holds.

    Raises:
        Malformed: It cannot be.
        struct.error: It ends too early.
        IndexError: It ends too early.
    """
    scope = Scope(file)
    fields, at = _MULTIPATH.read(data, 0, scope)
    node_count, link_count = fields.pop("node_count", 0), fields.pop("link_count", 0)
    nodes, links = [], []
    for _ in range(node_count):
        values, at = _NODE.read(data, at, scope)
        nodes.append(MultipathNode(**values))
    for _ in range(link_count):
        values, at = _LINK.read(data, at, scope)
        sets = []
        for _ in range(values.pop("set_count", 0)):
            probes, at = _read_set(data, at, scope)
            sets.append(probes)
        links.append(MultipathLink(sets=tuple(sets), **values))
    return ScamperMultipath(nodes=tuple(nodes), links=tuple(links), **fields)


def write_multipath(trace: ScamperMultipath, file: File) -> bytes:
    """Return a multipath trace record's body."""
    scope = Scope(file)
    parts = [_MULTIPATH.write(trace, scope)]
    parts += [_NODE.write(node, scope) for node in trace.nodes]
    for link in trace.links:
        parts.append(_LINK.write(link, scope))
        for probes in link.sets:
            parts += _set(probes, scope)
    return b"".join(parts)


def _read_set(data: bytes, at: int, scope: Scope) -> tuple[tuple[MultipathProbe, ...], int]:
    counts, at = _SET.read(data, at, scope)
    probes = []
    for _ in range(counts.get("probe_count", 0)):
        values, at = _PROBE.read(data, at, scope)
        replies = []
        for _ in range(values.pop("reply_count", 0)):
            reply, at = _REPLY.read(data, at, scope)
            replies.append(MultipathReply(**reply))
        probes.append(MultipathProbe(replies=tuple(replies), **values))
    return tuple(probes), at


class _Set:
    """What `_SET` writes of a set."""

    unparsed = None

    def __init__(self, probes: tuple[Any, ...]) -> None:
        self.probe_count = len(probes)


def _set(probes: tuple[MultipathProbe, ...], scope: Scope) -> Iterator[bytes]:
    yield _SET.write(_Set(probes), scope)
    for probe in probes:
        yield _PROBE.write(probe, scope)
        for reply in probe.replies:
            yield _REPLY.write(reply, scope)
