"""Flags and the parameters that they announce: how every warts record says what it has.

A set of parameters is some bytes of flags (seven a byte, the top bit says that another byte
follows), a length if any flag is set, and the values in the order of their flags. Which flag is
which value, a `Spec` says; what it does not know is kept as it came.

Source:
    warts(5), "flags and parameters" and "embedding other types".
"""

from __future__ import annotations

import struct
from operator import attrgetter
from typing import Any, NamedTuple

from netsonde.formats._scamper import IcmpExtension, ScamperCycle, ScamperList, Unparsed
from netsonde.formats._scamper_ping import RouteStamps
from netsonde.formats._warts_scope import Malformed, Scope, read_address, write_address

#: Flag bytes of one set of parameters: more than any version has.
FLAG_BYTES_MAX = 9
#: Sets of flags whose layout is remembered, for each kind of record.
PLANS_MAX = 256
#: Bytes of the parameters of one set: their length is a number of 16 bits.
PARAMETERS_BYTES_MAX = 65_535

_FIXED = {"u8": "B", "u16": "H", "u32": "I", "time": "Q", "icmp": "BB", "times": "12s"}
_LINK = 0x80
_SECOND_US = 1_000_000


class Parameter(NamedTuple):
    """One parameter; of kind `icmp`, the name is that of the type, and the code goes with it."""

    name: str
    """Field of the record."""
    kind: str
    """How it is written."""


class Spec:
    """The parameters of one kind of record, in the order of their flags.

    Args:
        parameters: Each with its kind; one of kind `address-id` is read only: it names an address
            that the file told before, which we always write out.
    """

    def __init__(self, *parameters: tuple[str, str]) -> None:
        self._parameters = [Parameter(*each) for each in parameters]
        self._known = (1 << len(self._parameters)) - 1
        self._reading: dict[int, list[tuple[Any, ...]]] = {}
        self._writing: dict[int, list[tuple[Any, ...]]] = {}
        written = [
            (flag, each) for flag, each in enumerate(self._parameters) if each.kind != "address-id"
        ]
        self._bits = [1 << flag for flag, _ in written]
        self._kinds = [each.kind for _, each in written]
        self._names = [each.name for _, each in written]
        # A getter of one name would return it alone, and not in a tuple.
        self._values = attrgetter("unparsed", *(self._names or ["unparsed"]))
        self._codes = {
            index: attrgetter(each.name.replace("type", "code"))
            for index, (_, each) in enumerate(written)
            if each.kind == "icmp"
        }

    def read(self, data: bytes, at: int, scope: Scope) -> tuple[dict[str, Any], int]:
        """Return the values by name, and where they end.

        Raises:
            Malformed: They cannot be.
            struct.error: The record ends within them.
            IndexError: The same.
        """
        mask, at = _read_mask(data, at)
        values: dict[str, Any] = {}
        if not mask:
            return values, at
        end = at + 2 + (data[at] << 8 | data[at + 1])
        at += 2
        if end > len(data):
            raise Malformed(at - 2, "parameters are longer than their record")
        for packing, names, times in self._reading.get(mask & self._known) or self._plan(mask):
            if names is None:
                values[times], at = packing(data, at, scope)
                continue
            values.update(zip(names, packing.unpack_from(data, at), strict=True))
            at += packing.size
            for name in times:
                raw = values[name]
                values[name] = (raw >> 32) * _SECOND_US + (raw & 0xFFFF_FFFF)
        if at > end:
            raise Malformed(at, "parameters are longer than their length says")
        if mask > self._known:
            unknown = (mask >> len(self._parameters)) << len(self._parameters)
            values["unparsed"] = Unparsed(mask=unknown, data=data[at:end])
        return values, end

    def write(self, record: Any, scope: Scope) -> bytes:  # noqa: ANN401 - any record
        """Return a record's parameters, flags and length first."""
        got = self._values(record)
        values = got[1:]
        mask = 0
        for bit, value in zip(self._bits, values, strict=True):
            if value is not None:
                mask |= bit
        body = b"".join(
            [
                packing(values[first], scope)
                if rest is None
                else packing.pack(*self._flat(record, values, first, rest))
                for packing, first, rest in self._writing.get(mask) or self._writing_plan(mask)
            ]
        )
        unparsed = got[0]
        if unparsed is not None:
            mask |= unparsed.mask
            body += unparsed.data
        if not mask:
            return b"\0"
        return _write_mask(mask) + len(body).to_bytes(2, "big") + body

    def _flat(
        self, record: object, values: tuple[Any, ...], first: int, rest: tuple[int, ...]
    ) -> list[int]:
        flat = []
        for index in (first, *rest):
            value, kind = values[index], self._kinds[index]
            if kind == "time":
                seconds, rest_us = divmod(value, _SECOND_US)
                flat.append(seconds << 32 | rest_us)
            else:
                flat.append(value)
                if kind == "icmp":
                    flat.append(self._codes[index](record) or 0)
        return flat

    def _plan(self, mask: int) -> list[tuple[Any, ...]]:
        """Return the steps that read these flags: runs of fixed size, and single values."""
        plan: list[tuple[Any, ...]] = []
        letters, names, times = "", list[str](), list[str]()

        def close() -> None:
            nonlocal letters, names, times
            if names:
                plan.append((struct.Struct(f">{letters}"), tuple(names), tuple(times)))
            letters, names, times = "", [], []

        for flag, (name, kind) in enumerate(self._parameters):
            if not mask >> flag & 1:
                continue
            if kind in _FIXED:
                letters += _FIXED[kind]
                names += [name, name.replace("type", "code")] if kind == "icmp" else [name]
                times += [name] if kind == "time" else []
            else:
                close()
                plan.append((_READERS[kind], None, name))
        close()
        if len(self._reading) < PLANS_MAX:
            self._reading[mask & self._known] = plan
        return plan

    def _writing_plan(self, mask: int) -> list[tuple[Any, ...]]:
        plan: list[tuple[Any, ...]] = []
        letters, run = "", list[int]()
        for index, (bit, kind) in enumerate(zip(self._bits, self._kinds, strict=True)):
            if not mask & bit:
                continue
            if kind in _FIXED:
                letters += _FIXED[kind]
                run.append(index)
                continue
            if run:
                plan.append((struct.Struct(f">{letters}"), run[0], tuple(run[1:])))
            letters, run = "", []
            plan.append((_WRITERS[kind], index, None))
        if run:
            plan.append((struct.Struct(f">{letters}"), run[0], tuple(run[1:])))
        if len(self._writing) < PLANS_MAX:
            self._writing[mask] = plan
        return plan


def read_text(data: bytes, at: int) -> tuple[str, int]:
    """Return a text that ends with a zero byte; bytes that are no text survive a round trip."""
    end = data.find(b"\0", at)
    if end < 0:
        raise Malformed(at, "a text does not end")
    return data[at:end].decode("utf-8", "surrogateescape"), end + 1


def write_text(text: str) -> bytes:
    """Return a text with its zero byte."""
    return text.replace("\0", "").encode("utf-8", "surrogateescape") + b"\0"


def _read_mask(data: bytes, at: int) -> tuple[int, int]:
    mask = data[at] & 0x7F
    shift = 7
    while data[at] & _LINK:
        at += 1
        mask |= (data[at] & 0x7F) << shift
        shift += 7
        if shift > 7 * FLAG_BYTES_MAX:
            raise Malformed(at, f"more than {FLAG_BYTES_MAX} bytes of flags")
    return mask, at + 1


def _write_mask(mask: int) -> bytes:
    flags = bytearray()
    while mask > 0x7F:
        flags.append(mask & 0x7F | _LINK)
        mask >>= 7
    flags.append(mask)
    return bytes(flags)


def _read_extensions(data: bytes, at: int, _: Scope) -> tuple[tuple[IcmpExtension, ...], int]:
    end = at + 2 + (data[at] << 8 | data[at + 1])
    at += 2
    if end > len(data):
        raise Malformed(at - 2, "extensions are longer than their record")
    found = []
    while at < end:
        size = data[at] << 8 | data[at + 1]
        if at + 4 + size > end:
            raise Malformed(at, "an extension object is longer than all of them")
        body = data[at + 4 : at + 4 + size]
        found.append(IcmpExtension(class_=data[at + 2], type_=data[at + 3], data=body))
        at += 4 + size
    return tuple(found), end


def _write_extensions(extensions: tuple[IcmpExtension, ...], _: Scope) -> bytes:
    body = b"".join(
        len(each.data).to_bytes(2, "big") + bytes((each.class_, each.type_)) + each.data
        for each in extensions
    )
    return len(body).to_bytes(2, "big") + body


def _read_string(data: bytes, at: int, _: Scope) -> tuple[str, int]:
    return read_text(data, at)


def _write_string(text: str, _: Scope) -> bytes:
    return write_text(text)


def _read_route(data: bytes, at: int, scope: Scope) -> tuple[tuple[str, ...], int]:
    count, at = data[at], at + 1
    found = []
    for _ in range(count):
        address, at = read_address(data, at, scope)
        found.append(address)
    return tuple(found), at


def _write_route(route: tuple[str, ...], scope: Scope) -> bytes:
    return bytes((len(route),)) + b"".join(write_address(each, scope) for each in route)


def _read_address_id(data: bytes, at: int, scope: Scope) -> tuple[str | None, int]:
    number = int.from_bytes(data[at : at + 4], "big")
    known = scope.file.addresses
    if number > len(known):
        raise Malformed(at, f"address {number} was not told before")
    return known[number - 1] if number else None, at + 4


def _read_list(data: bytes, at: int, scope: Scope) -> tuple[ScamperList | None, int]:
    number = int.from_bytes(data[at : at + 4], "big")
    if number not in scope.file.lists:
        raise Malformed(at, f"list {number} was not told before")
    return scope.file.lists[number], at + 4


def _write_list(told: ScamperList, scope: Scope) -> bytes:
    return scope.file.list_numbers[told].to_bytes(4, "big")


def _read_cycle(data: bytes, at: int, scope: Scope) -> tuple[ScamperCycle | None, int]:
    number = int.from_bytes(data[at : at + 4], "big")
    if number not in scope.file.cycles:
        raise Malformed(at, f"cycle {number} was not told before")
    return scope.file.cycles[number], at + 4


def _write_cycle(told: ScamperCycle, scope: Scope) -> bytes:
    return scope.file.cycle_numbers[told].to_bytes(4, "big")


def _read_stamps(data: bytes, at: int, scope: Scope) -> tuple[RouteStamps, int]:
    times, routers = data[at], data[at + 1]
    stamps = struct.unpack_from(f">{times}I", data, at + 2)
    at += 2 + 4 * times
    found = []
    for _ in range(routers):
        address, at = read_address(data, at, scope)
        found.append(address)
    return RouteStamps(stamps=stamps, addresses=tuple(found)), at


def _write_stamps(stamps: RouteStamps, scope: Scope) -> bytes:
    times = stamps.stamps
    head = struct.pack(f">BB{len(times)}I", len(times), len(stamps.addresses), *times)
    return head + b"".join(write_address(each, scope) for each in stamps.addresses)


def _read_blob_size(data: bytes, at: int, scope: Scope) -> tuple[None, int]:
    """Read a length; the bytes themselves are a parameter of their own."""
    scope.blob_bytes = data[at] << 8 | data[at + 1]
    return None, at + 2


def _write_blob_size(blob: bytes, _: Scope) -> bytes:
    return len(blob).to_bytes(2, "big")


def _read_blob(data: bytes, at: int, scope: Scope) -> tuple[bytes, int]:
    end = at + scope.blob_bytes
    return data[at:end], end


def _write_blob(blob: bytes, _: Scope) -> bytes:
    return blob


_READERS: dict[str, Any] = {
    "address": read_address,
    "address-id": _read_address_id,
    "text": _read_string,
    "extensions": _read_extensions,
    "route": _read_route,
    "stamps": _read_stamps,
    "blob-size": _read_blob_size,
    "blob": _read_blob,
    "list": _read_list,
    "cycle": _read_cycle,
}
_WRITERS: dict[str, Any] = {
    "address": write_address,
    "text": _write_string,
    "extensions": _write_extensions,
    "route": _write_route,
    "stamps": _write_stamps,
    "blob-size": _write_blob_size,
    "blob": _write_blob,
    "list": _write_list,
    "cycle": _write_cycle,
}
