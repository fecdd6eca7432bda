"""Two programs of a few octets, for x86-64: one notes the time, the other is a kernel that ends.

What stands between a benchmark and what it measures has to be small. Python forks with all of its
memory, which the kernel takes apart as the next program begins; a program of one page does not.
"""

from __future__ import annotations

import struct

#: Where both are loaded: hypervisors want it, Linux takes it.
_BASE = 1 << 20
_HEADER_BYTES, _SEGMENT_BYTES = 64, 56
_PT_LOAD, _PT_NOTE = 1, 4

#: `%` stands for a number of 32 bits that is put in: the pipe twice, then the program's own file.
_NOTE_AND_EXECUTE = """
    48 89 e3                mov    rbx, rsp
    48 83 ec 20             sub    rsp, 32
    bf 01 00 00 00          mov    edi, 1           CLOCK_MONOTONIC
    48 89 e6                mov    rsi, rsp
    b8 e4 00 00 00          mov    eax, 228         clock_gettime
    0f 05                   syscall
    bf 02 00 00 00          mov    edi, 2           CLOCK_PROCESS_CPUTIME_ID
    48 8d 74 24 10          lea    rsi, [rsp+16]
    b8 e4 00 00 00          mov    eax, 228
    0f 05                   syscall
    bf %                    mov    edi, PIPE
    48 89 e6                mov    rsi, rsp
    ba 20 00 00 00          mov    edx, 32
    b8 01 00 00 00          mov    eax, 1           write
    0f 05                   syscall
    bf %                    mov    edi, PIPE
    b8 03 00 00 00          mov    eax, 3           close
    0f 05                   syscall
    bf %                    mov    edi, FILE
    b8 03 00 00 00          mov    eax, 3
    0f 05                   syscall
    48 8b 7b 10             mov    rdi, [rbx+16]    the second argument: a program
    48 8d 73 10             lea    rsi, [rbx+16]    itself and those after it
    48 8b 03                mov    rax, [rbx]
    48 8d 54 c3 10          lea    rdx, [rbx+rax*8+16]
    b8 3b 00 00 00          mov    eax, 59          execve
    0f 05                   syscall
    bf 7f 00 00 00          mov    edi, 127
    b8 3c 00 00 00          mov    eax, 60          exit
    0f 05                   syscall
"""
#: What the program above writes: seconds and nanoseconds of both clocks.
NOTE = struct.Struct("<qqqq")

_END_AT_ONCE = """
    b8 00 00 00 00          mov    eax, 0
    ba f4 00 00 00          mov    edx, 0xf4        isa-debug-exit
    ef                      out    dx, eax
    f4                      hlt
    eb fd                   jmp    to the hlt
"""


def noting(pipe: int, file: int) -> bytes:
    """Return a program that writes `NOTE` to a pipe, and becomes the program its arguments name.

    Args:
        pipe: Descriptor that it writes to, and closes.
        file: Descriptor of its own file, which it closes.
    """
    return _elf(_code(_NOTE_AND_EXECUTE, pipe, pipe, file))


def nothing() -> bytes:
    """Return a kernel that writes one number to QEMU's exit port; it has a PVH note."""
    at_note = _HEADER_BYTES + 2 * _SEGMENT_BYTES
    entry = _BASE + at_note + 24
    note = struct.pack("<III4sQ", 4, 8, 18, b"Xen\0", entry)
    return _elf(_code(_END_AT_ONCE), note)


def _code(text: str, *numbers: int) -> bytes:
    """Return the octets of a listing."""
    left = list(numbers)
    code = b""
    for line in text.strip().splitlines():
        for word in line.strip().split("  ")[0].split():
            code += struct.pack("<i", left.pop(0)) if word == "%" else bytes.fromhex(word)
    return code


def _elf(code: bytes, note: bytes = b"") -> bytes:
    """Return a static ELF of one page, whose code begins after its note."""
    segments = 2 if note else 1
    at_note = _HEADER_BYTES + segments * _SEGMENT_BYTES
    entry = _BASE + at_note + len(note)
    size = at_note + len(note) + len(code)
    header = struct.pack(
        "<4sBBBB8xHHIQQQIHHHHHH",
        b"\x7fELF", 2, 1, 1, 0, 2, 62, 1, entry, _HEADER_BYTES, 0, 0,
        _HEADER_BYTES, _SEGMENT_BYTES, segments, 0, 0, 0,
    )  # fmt: skip
    found = header + struct.pack("<IIQQQQQQ", _PT_LOAD, 5, 0, _BASE, _BASE, size, size, 4_096)
    if note:
        place = _BASE + at_note
        found += struct.pack(
            "<IIQQQQQQ", _PT_NOTE, 4, at_note, place, place, len(note), len(note), 4
        )
    return found + note + code
