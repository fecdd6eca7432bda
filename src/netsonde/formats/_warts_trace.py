"""Trace records of warts.

Source:
    warts(5), "traceroute structure".
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from netsonde.formats._scamper import Doubletree, Pmtud, PmtudNote, ScamperHop, ScamperTrace
from netsonde.formats._warts_params import Spec
from netsonde.formats._warts_scope import File, Malformed, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable

_TRACE = Spec(
    ("list", "list"),
    ("cycle", "cycle"),
    ("source", "address-id"),
    ("target", "address-id"),
    ("started_us", "time"),
    ("stop_reason", "u8"),
    ("stop_data", "u8"),
    ("flags", "u8"),
    ("attempts", "u8"),
    ("hop_limit", "u8"),
    ("method", "u8"),
    ("probe_size", "u16"),
    ("source_port", "u16"),
    ("destination_port", "u16"),
    ("first_ttl", "u8"),
    ("tos", "u8"),
    ("wait_s", "u8"),
    ("loops", "u8"),
    ("hop_count", "u16"),
    ("gap_limit", "u8"),
    ("gap_action", "u8"),
    ("loop_action", "u8"),
    ("sent", "u16"),
    ("wait_probe_cs", "u8"),
    ("confidence", "u8"),
    ("source", "address"),
    ("target", "address"),
    ("user_id", "u32"),
    ("offset", "u16"),
    ("router", "address"),
    ("window", "u8"),
    ("flags_32", "u32"),
    ("stop_hop", "u8"),
)
_HOP = Spec(
    ("address", "address-id"),
    ("probe_ttl", "u8"),
    ("reply_ttl", "u8"),
    ("flags", "u8"),
    ("probe_index", "u8"),
    ("rtt_us", "u32"),
    ("icmp_type", "icmp"),
    ("probe_size", "u16"),
    ("reply_size", "u16"),
    ("ip_id", "u16"),
    ("reply_tos", "u8"),
    ("mtu", "u16"),
    ("quoted_size", "u16"),
    ("quoted_ttl", "u8"),
    ("tcp_flags", "u8"),
    ("quoted_tos", "u8"),
    ("extensions", "extensions"),
    ("address", "address"),
    ("sent_us", "time"),
    ("name", "text"),
)
_PMTUD = Spec(
    ("interface_mtu", "u16"),
    ("path_mtu", "u16"),
    ("first_mtu", "u16"),
    ("version", "u8"),
    ("note_count", "u8"),
)
_NOTE = Spec(("kind", "u8"), ("mtu", "u16"), ("hop", "u16"))
_DOUBLETREE = Spec(
    ("local_stop", "address-id"),
    ("global_stop", "address-id"),
    ("first_ttl", "u8"),
    ("local_stop", "address"),
    ("global_stop", "address"),
    ("local_name", "text"),
    ("flags", "u8"),
)
_LAST_DITCH = Spec()

#: Optional data, by its number in the upper four bits of its header.
_PMTUD_TYPE, _LAST_DITCH_TYPE, _DOUBLETREE_TYPE = 1, 2, 3
_OPTIONAL_BYTES_MAX = 0x0FFF


def read_trace(data: bytes, file: File) -> ScamperTrace:
    """Return the trace that a record's body holds.

    Raises:
        Malformed: It cannot be.
        struct.error: It ends too early.
        IndexError: It ends too early.
    """
    scope = Scope(file)
    fields, at = _TRACE.read(data, 0, scope)
    fields["hops"], at = _read_hops(data, at, scope)
    while True:
        (header,) = struct.unpack_from(">H", data, at)
        at += 2
        if header == 0:
            return ScamperTrace(**fields)
        end = at + (header & _OPTIONAL_BYTES_MAX)
        if end > len(data):
            raise Malformed(at - 2, "optional data is longer than its record")
        _read_optional(header >> 12, data[:end], at, scope, fields)
        at = end


def write_trace(trace: ScamperTrace, file: File) -> bytes:
    """Return a trace record's body."""
    scope = Scope(file)
    parts = [_TRACE.write(trace, scope), *_hops(trace.hops, scope)]
    if trace.pmtud is not None:
        parts += _optional(_PMTUD_TYPE, _pmtud(trace.pmtud, scope))
    if trace.last_ditch is not None:
        parts += _optional(_LAST_DITCH_TYPE, [b"\0", *_hops(trace.last_ditch, scope)])
    if trace.doubletree is not None:
        parts += _optional(_DOUBLETREE_TYPE, [_DOUBLETREE.write(trace.doubletree, scope)])
    parts.append(b"\0\0")
    return b"".join(parts)


def _read_hops(data: bytes, at: int, scope: Scope) -> tuple[tuple[ScamperHop, ...], int]:
    (count,) = struct.unpack_from(">H", data, at)
    at += 2
    hops = []
    read = _HOP.read
    for _ in range(count):
        values, at = read(data, at, scope)
        index = values.pop("probe_index", None)
        if index is not None:
            values["probe_id"] = index + 1
        hops.append(ScamperHop(**values))
    return tuple(hops), at


def _read_optional(kind: int, data: bytes, at: int, scope: Scope, fields: dict[str, Any]) -> None:
    """Read optional data that this version knows; other data is left out."""
    if kind == _PMTUD_TYPE:
        values, at = _PMTUD.read(data, at, scope)
        count = values.pop("note_count", None)
        values["hops"], at = _read_hops(data, at, scope)
        notes = []
        for _ in range(count or 0):
            note, at = _NOTE.read(data, at, scope)
            notes.append(PmtudNote(**note))
        fields["pmtud"] = Pmtud(notes=tuple(notes), **values)
    elif kind == _LAST_DITCH_TYPE:
        _, at = _LAST_DITCH.read(data, at, scope)
        fields["last_ditch"], _ = _read_hops(data, at, scope)
    elif kind == _DOUBLETREE_TYPE:
        values, at = _DOUBLETREE.read(data, at, scope)
        fields["doubletree"] = Doubletree(**values)


def _hops(hops: tuple[ScamperHop, ...], scope: Scope) -> Iterable[bytes]:
    write = _HOP.write
    return [len(hops).to_bytes(2, "big"), *(write(hop, scope) for hop in hops)]


def _pmtud(pmtud: Pmtud, scope: Scope) -> list[bytes]:
    return [
        _PMTUD.write(pmtud, scope),
        *_hops(pmtud.hops, scope),
        *(_NOTE.write(note, scope) for note in pmtud.notes),
    ]


def _optional(kind: int, parts: list[bytes]) -> list[bytes]:
    body = b"".join(parts)
    return [(kind << 12 | len(body)).to_bytes(2, "big"), body]
