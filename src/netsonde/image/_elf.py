"""The ELF of an image: what a loader, a kernel and a hypervisor read of it before it runs."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from netsonde.model import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Program headers at most; an image has five or so.
SEGMENTS_MAX = 64
#: Notes of one segment that are looked at, at most.
NOTES_MAX = 64

_HEADER = struct.Struct("<4s5B7xHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_NOTE = struct.Struct("<III")
_PT_LOAD, _PT_INTERP, _PT_NOTE = 1, 3, 4
_ET_EXEC, _EM_X86_64 = 2, 62
#: `XEN_ELFNOTE_PHYS32_ENTRY`: where PVH hypervisors enter.
_PVH = (b"Xen\0", 18)


class Elf(NamedTuple):
    """What is in an image's headers."""

    entry: int
    """Where Linux, and 64-bit boot, begin."""
    pvh_entry: int | None
    """Where PVH hypervisors begin; None if they cannot."""
    loaded: int
    """Bytes of memory of all segments that are loaded."""
    is_static: bool
    """Whether it needs no interpreter."""


def read_elf(data: bytes) -> Elf:
    """Return what the headers of an image say.

    Raises:
        FormatError: It is no executable for 64-bit x86, or a header points out of the file.
    """
    if len(data) < _HEADER.size or data[:4] != b"\x7fELF":
        raise FormatError("not an ELF file", offset=0)
    (_, bits, order, *_, kind, machine, _, entry, at, _, _, _, each, count, _, _, _) = (
        _HEADER.unpack_from(data)
    )
    if (bits, order, kind, machine) != (2, 1, _ET_EXEC, _EM_X86_64):
        message = "not an executable at fixed addresses for 64-bit x86"
        raise FormatError(message, "`netsonde image build` takes the image of this installation")
    if each != _SEGMENT.size or count > SEGMENTS_MAX or at + count * each > len(data):
        raise FormatError("the program headers are malformed", offset=32)
    segments = [_SEGMENT.unpack_from(data, at + number * each) for number in range(count)]
    pvh_entry, loaded, is_static = None, 0, True
    for number, (segment, _, offset, _, _, in_file, in_memory, _) in enumerate(segments):
        if offset + in_file > len(data):
            raise FormatError("a segment ends behind the file", offset=at + number * each)
        is_static = is_static and segment != _PT_INTERP
        loaded += in_memory if segment == _PT_LOAD else 0
        if segment == _PT_NOTE:
            found = dict(_notes(data[offset : offset + in_file]))
            value = found.get(_PVH)
            pvh_entry = int.from_bytes(value, "little") if value else pvh_entry
    return Elf(entry, pvh_entry, loaded, is_static)


def _notes(data: bytes) -> Iterator[tuple[tuple[bytes, int], bytes]]:
    start = 0
    for _ in range(NOTES_MAX):
        if start + _NOTE.size > len(data):
            return
        name_size, size, kind = _NOTE.unpack_from(data, start)
        name_at = start + _NOTE.size
        value_at = name_at + (-(-name_size // 4) * 4)
        yield (data[name_at : name_at + name_size], kind), data[value_at : value_at + size]
        start = value_at + (-(-size // 4) * 4)
