"""List and cycle records of warts.

Source:
    warts(5), "list structure", "cycle structure".
"""

from __future__ import annotations

import struct

from netsonde.formats._scamper import ScamperCycle, ScamperCycleStop, ScamperList
from netsonde.formats._warts_params import Spec, read_text, write_text
from netsonde.formats._warts_scope import File, Malformed, Scope, address_text

_LIST = Spec(("description", "text"), ("monitor", "text"))
_CYCLE = Spec(("stopped_s", "u32"), ("host", "text"))


def read_list(data: bytes, file: File) -> ScamperList:
    """Return the list that a record's body holds, which the file knows from now on.

    Raises:
        Malformed: It cannot be.
        struct.error: It ends too early.
        IndexError: It ends too early.
    """
    number, list_id = struct.unpack_from(">II", data)
    name, at = read_text(data, 8)
    fields, _ = _LIST.read(data, at, Scope(file))
    told = ScamperList(list_id=list_id, name=name, **fields)
    file.lists[number] = told
    return told


def write_list(told: ScamperList, file: File) -> bytes:
    """Return a list record's body."""
    number = file.list_numbers.setdefault(told, len(file.list_numbers) + 1)
    head = struct.pack(">II", number, told.list_id) + write_text(told.name)
    return head + _LIST.write(told, Scope(file))


def read_cycle(data: bytes, file: File, *, is_definition: bool) -> ScamperCycle:
    """Return the cycle that a record's body holds, which the file knows from now on.

    Raises:
        Malformed: It cannot be.
        struct.error: It ends too early.
        IndexError: It ends too early.
    """
    number, list_number, cycle_id, started_s = struct.unpack_from(">IIII", data)
    if list_number not in file.lists:
        raise Malformed(4, f"list {list_number} was not told before")
    fields, _ = _CYCLE.read(data, 16, Scope(file))
    told = ScamperCycle(
        list=file.lists[list_number],
        cycle_id=cycle_id,
        started_s=started_s,
        is_definition=is_definition,
        **fields,
    )
    file.cycles[number] = told
    return told


def write_cycle(told: ScamperCycle, file: File) -> bytes:
    """Return a cycle record's body; its list was written before."""
    number = file.cycle_numbers.setdefault(told, len(file.cycle_numbers) + 1)
    of = file.list_numbers[told.list]
    head = struct.pack(">IIII", number, of, told.cycle_id, told.started_s)
    return head + _CYCLE.write(told, Scope(file))


def read_cycle_stop(data: bytes, file: File) -> ScamperCycleStop:
    """Return the end of a cycle that a record's body holds.

    Raises:
        Malformed: It cannot be.
        struct.error: It ends too early.
        IndexError: It ends too early.
    """
    number, stopped_s = struct.unpack_from(">II", data)
    if number not in file.cycles:
        raise Malformed(0, f"cycle {number} was not told before")
    return ScamperCycleStop(cycle=file.cycles[number], stopped_s=stopped_s)


def write_cycle_stop(stop: ScamperCycleStop, file: File) -> bytes:
    """Return the body of a cycle's end; the cycle was written before."""
    return struct.pack(">II", file.cycle_numbers[stop.cycle], stop.stopped_s) + b"\0"


def read_address(data: bytes, file: File) -> None:
    """Take an address of the deprecated form.

    Raises:
        Malformed: It cannot be, or is out of order.
        IndexError: It ends too early.
    """
    number, kind = data[0], data[1]
    text = address_text(kind, data[2:])
    if text is None:
        raise Malformed(1, f"an address of type {kind} and {len(data) - 2} bytes")
    file.addresses.append(text)
    if len(file.addresses) & 0xFF != number:
        raise Malformed(0, f"address {len(file.addresses)} is numbered {number} modulo 256")
