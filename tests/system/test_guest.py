"""The core of a machine has no rights, and whatever it does ends with a line that says so."""

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system import image
from tests.system.gdb import Gdb
from tests.system.guest import waiting

_WRITE, _CORE, _NOT_RUN = 2, 4, 1 << 63
_PROTECTION = {"CR0": 1 << 16, "CR4": 1 << 20 | 1 << 21 | 1 << 11}


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    return image.elf(tmp_path)


def test_the_core_owns_nothing_of_the_processor(elf: Path, tmp_path: Path) -> None:
    """Pages are written or run, never both; what says who may do what is the shim's."""
    with waiting(elf, tmp_path) as machine, machine.still() as (gdb, registers, at):
        for name, bits in _PROTECTION.items():
            assert registers[name] & bits == bits, name
        assert registers["EFER"] & 0xFFF == 0xD00, "long mode, pages not run, no fast calls"
        entries = dict(_pages(gdb, registers["CR3"]))
    assert not any(flags & _WRITE and not flags & _NOT_RUN for flags in entries.values())
    for name in ("CR3", "GDT", "IDT", "TR", "RSP", "RIP"):
        assert not entries[registers[name] & ~0xFFF] & _CORE, name
    assert entries[at & ~0xFFF] & (_CORE | _WRITE | _NOT_RUN) == _CORE
    # Of the interrupt controllers, the core reads the clock.
    assert entries[0xFEC00000] & _CORE == 0
    assert entries[0xFEE00000] & (_CORE | _WRITE) == _CORE


def _pages(gdb: Gdb, root: int) -> Iterator[tuple[int, int]]:
    """Yield the start and the entry of every page of the first 4 GiB; large ones as one."""
    (pointers,) = struct.unpack("<Q", gdb.read(root, 8))
    for gib, directory in enumerate(struct.unpack("<4Q", gdb.read(pointers & ~0xFFF, 32))):
        entries = struct.unpack("<512Q", gdb.read(directory & ~0xFFF, 4096))
        for index, entry in enumerate(entries):
            start = (gib << 30) + (index << 21)
            if entry & 0x80:
                yield start, entry
                continue
            small = struct.unpack("<512Q", gdb.read(entry & ~0xFFF & ~_NOT_RUN, 4096))
            yield from ((start + (at << 12), one) for at, one in enumerate(small))


#: Instructions, in hexadecimal; the address that `@` stands for; the exception that stops them.
_FORBIDDEN = {
    "close interrupts": ("fa", None, 13),
    "halt": ("f4", None, 13),
    "read CR3": ("0f20d8", None, 13),
    "load a table of interrupts": ("b8@ 0f0118", "GDT", 13),
    "store the address of a table": ("4889e0 0f0100", None, 13),
    "write a register of the model": ("0f30", None, 13),
    "a gate of an interrupt": ("cd40", None, 13),
    "write a port": ("e670", None, 13),
    "read a port of PCI": ("66baf80c ed", None, 13),
    "end the machine by its port": ("e6f4", None, 13),
    "a system call": ("0f05", None, 6),
    "divide by nothing": ("31c9 f7f1", None, 0),
    "write its own code": ("c60500000000 00", None, 14),
    "write the map of pages": ("b8@ c60007", "CR3", 14),
    "read the shim's stack": ("b8@ 8a00", "RSP", 14),
    "run the shim": ("b8@ ffe0", "RIP", 14),
    "run its stack": ("ffe4", None, 14),
    "write the local controller": ("b8@ c600ff", 0xFEE00380, 14),
    "write where the shim writes it": ("b8@ c600ff", 0xFFE00380, 14),
    "read the controller of lines": ("b8@ 8b00", 0xFEC00000, 14),
    "a call that there is not": ("b809000000 cd80 90", None, 33),
    "no address at all": ("48b80000000000000080 8b00", None, 13),
}


@pytest.mark.parametrize("name", _FORBIDDEN)
def test_what_the_core_may_not_do_ends_with_a_reason(elf: Path, tmp_path: Path, name: str) -> None:
    code, where, exception = _FORBIDDEN[name]
    with waiting(elf, tmp_path) as machine:
        with machine.still() as (gdb, registers, at):
            address = registers[where] if isinstance(where, str) else where or 0
            written = bytes.fromhex(code.replace("@", address.to_bytes(4, "little").hex()))
            gdb.write(at, written)
        event = machine.ends(b"\n")
    assert event["type"] == "failed"
    found = re.match(r".*: exception (\d+) at 0x([0-9a-f]+), address 0x[0-9a-f]+$", event["reason"])
    assert found, event
    assert int(found[1]) == exception
    assert at <= int(found[2], 16) < at + len(written) or name.startswith("run ")


def test_what_a_debugger_leaves_alone_goes_on(elf: Path, tmp_path: Path) -> None:
    with waiting(elf, tmp_path) as machine:
        with machine.still() as (gdb, _, at):
            assert gdb.read(at - 2, 2) == b"\xcd\x80"
        assert machine.ends(b"stop\n")["type"] == "done"


def test_a_core_that_waits_meets_the_deadline(elf: Path, tmp_path: Path) -> None:
    with waiting(elf, tmp_path, "deadline_ms=500") as machine:
        event = machine.ends(b"")
    assert (event["type"], event["reason"]) == ("failed", "the watchdog ended it after 500 ms")


def test_a_core_that_hangs_meets_the_watchdog(elf: Path, tmp_path: Path) -> None:
    with waiting(elf, tmp_path, "deadline_ms=500") as machine:
        with machine.still() as (gdb, _, at):
            gdb.write(at, b"\xeb\xfe")
        event = machine.ends(b"\n")
    assert event["reason"] == "the watchdog ended the machine after its deadline"
