"""ICMP extension objects as bytes and as records.

Source:
    RFC 4884, section 8; RFC 4950; RFC 5837, section 4.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING

from netsonde.formats._scamper import IcmpExtension
from netsonde.formats._scamper_names import MPLS, label_entry, labels
from netsonde.model import Extension, Interface, Label, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

_INTERFACE_CLASS = 2
#: Bits of the type of an interface object: what of it is there.
_INDEX, _ADDRESS, _NAME, _MTU = 0x08, 0x04, 0x02, 0x01
_FAMILIES = {1: 4, 2: 16}
_NAME_BYTES_MAX = 63


def from_objects(
    objects: Iterable[IcmpExtension],
) -> tuple[tuple[Label, ...], tuple[Extension, ...]]:
    """Return the label stack and the other objects."""
    stack, others = list[Label](), list[Extension]()
    for each in objects:
        if (each.class_, each.type_) == MPLS:
            stack += [
                Label(label=label, tc=tc, bottom=bool(bottom), ttl=ttl)
                for label, tc, bottom, ttl in labels(each)
            ]
        else:
            others.append(_interface(each) or _unknown(each))
    return tuple(stack), tuple(others)


def to_objects(
    stack: tuple[Label, ...], others: tuple[Extension, ...]
) -> tuple[IcmpExtension, ...] | None:
    """Return the objects of a reply; None if it has none."""
    found = []
    if stack:
        entries = [label_entry(one.label, one.tc, one.bottom, one.ttl) for one in stack]
        found.append(IcmpExtension(class_=MPLS[0], type_=MPLS[1], data=b"".join(entries)))
    for each in others:
        if isinstance(each, Interface):
            found.append(_interface_object(each))
        else:
            found.append(_raw(each))
    return tuple(found) or None


def _unknown(each: IcmpExtension) -> Unknown:
    return Unknown(class_=each.class_, c_type=each.type_, payload=each.data.hex())


def _raw(each: Unknown) -> IcmpExtension:
    try:
        data = bytes.fromhex(each.payload)
    except ValueError:
        data = b""
    return IcmpExtension(class_=each.class_, type_=each.c_type, data=data)


def _interface(each: IcmpExtension) -> Interface | None:
    """Return an interface object as record; None if it is no well-formed one."""
    if each.class_ != _INTERFACE_CLASS:
        return None
    data, at = each.data, 0
    index = address = name = mtu = None
    try:
        if each.type_ & _INDEX:
            (index,) = struct.unpack_from(">I", data, at)
            at += 4
        if each.type_ & _ADDRESS:
            family, size = data[at + 1], _FAMILIES[data[at + 1]]
            del family
            raw = data[at + 4 : at + 4 + size]
            address = str(ipaddress.ip_address(raw))
            at += 4 + size
        if each.type_ & _NAME:
            size = data[at]
            name = data[at + 1 : at + size].rstrip(b"\0").decode()
            at += size
        if each.type_ & _MTU:
            (mtu,) = struct.unpack_from(">I", data, at)
            at += 4
    except (IndexError, KeyError, ValueError, struct.error):
        return None
    found = Interface(role=each.type_ >> 6, if_index=index, address=address, name=name, mtu=mtu)
    return found if _interface_object(found) == each else None


def _interface_object(each: Interface) -> IcmpExtension:
    kind, parts = (each.role & 3) << 6, []
    if each.if_index is not None:
        kind |= _INDEX
        parts.append(struct.pack(">I", each.if_index))
    if each.address is not None and (raw := _packed(each.address)):
        kind |= _ADDRESS
        family = 1 if len(raw) == _FAMILIES[1] else 2
        parts.append(struct.pack(">HH", family, 0) + raw)
    if each.name is not None:
        kind |= _NAME
        text = each.name.encode()[: _NAME_BYTES_MAX - 3]
        padded = text + b"\0" * (-(len(text) + 1) % 4)
        parts.append(bytes((len(padded) + 1,)) + padded)
    if each.mtu is not None:
        kind |= _MTU
        parts.append(struct.pack(">I", each.mtu))
    return IcmpExtension(class_=_INTERFACE_CLASS, type_=kind, data=b"".join(parts))


def _packed(address: str) -> bytes:
    try:
        return ipaddress.ip_address(address).packed
    except ValueError:
        return b""
