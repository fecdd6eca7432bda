"""The entry by which hypervisors start a 64-bit Linux kernel: a program of ours plays one."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from tests.system import image
from tests.system.guest import waiting

#: Started by QEMU by its PVH note, it leaves what a 64-bit loader leaves: the page of parameters
#: that Linux knows, and pages that end after a GiB. Fast system calls are on.
_LOADER = """
.section .note.pvh,"a",@note
    .long 4, 4, 18
    .asciz "Xen"
    .long start

.text
.code32
start:
    movl 24(%ebx), %eax
    movl %eax, params + 0x228
    cmpl $0, 12(%ebx)
    je 1f
    movl 16(%ebx), %ecx
    movl (%ecx), %eax
    movl %eax, params + 0x218
    movl 8(%ecx), %eax
    movl %eax, params + 0x21c
1:  movl $pages, %eax
    movl %eax, %cr3
    movl $0x20, %eax
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    movl $0x101, %eax
    xorl %edx, %edx
    wrmsr
    movl $0x80000001, %eax
    movl %eax, %cr0
    lgdt segments_pointer
    ljmp $16, $long
.code64
long:
    movl $24, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $PLACES, %esi
    movl $places_end, %edi
2:  cmpl %edi, %esi
    jae 3f
    movl (%rsi), %eax
    movw $0xcf8, %dx
    outl %eax, %dx
    movl 4(%rsi), %eax
    movw $0xcfc, %dx
    outl %eax, %dx
    addl $8, %esi
    jmp 2b
3:  movl $params, %esi
    movl $ENTRY, %eax
    jmp *%rax

.data
.balign 4096
pages: .quad pointers + 3
    .skip 4088
pointers: .quad directory + 3
    .skip 4088
directory:
    .set at, 0
    .rept 512
    .quad at << 21 | 0x83
    .set at, at + 1
    .endr
params: .incbin "params"
high: .long 0x80000820, 0xc, 0x80000824, 0x80
places_end:
segments: .quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
segments_pointer:
    .word 31
    .quad segments
"""
#: Where that is: above the image, below its modules.
_LOADED_AT = 0x600000


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    return image.elf(tmp_path)


@pytest.fixture
def loader(elf: Path, tmp_path: Path) -> Path:
    return made(elf, tmp_path, {})


def made(elf: Path, folder: Path, changes: dict[int, bytes], *, is_high: bool = False) -> Path:
    """Build the loader, with changes to its page of parameters; it may move the card far up."""
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc")
    (entry,) = struct.unpack_from("<Q", elf.read_bytes(), 24)
    params = bytearray(4096)
    params[0x1E8] = 1
    params[0x202:0x206] = b"HdrS"
    struct.pack_into("<QQI", params, 0x2D0, 1 << 20, 14 << 20, 1)
    for at, data in changes.items():
        params[at : at + len(data)] = data
    (folder / "params").write_bytes(params)
    places = "high" if is_high else "places_end"
    text = _LOADER.replace("ENTRY", hex(entry)).replace("PLACES", places)
    (folder / "loader.s").write_text(text)
    command = ["gcc", "-nostdlib", "-static", "-no-pie", "-Wl,-N", "-Wl,--build-id=none"]
    command += [f"-Wl,-Ttext={_LOADED_AT:#x}", "-Wl,-e,start", "-o", "loader", "loader.s"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "loader"


@pytest.mark.parametrize("target", ["9.9.9.9", "2001:db8:9::9"])
@pytest.mark.parametrize("name", ["microvm", "pci"])
def test_a_machine_that_linux_would_boot_in_pings(
    elf: Path, loader: Path, tmp_path: Path, name: str, target: str
) -> None:
    base = image.PC if name == "pci" else image.QEMU
    base = [*base, "-device", f"loader,file={elf}"]
    job = image.job(target=target)
    events, status = image.machine(tmp_path, loader, image.ADDRESSES, job, base=base)
    assert [event["type"] for event in events][-2:] == ["ping", "done"], events
    assert status == 1


def test_a_card_above_four_gib_is_found(elf: Path, tmp_path: Path) -> None:
    """Cloud Hypervisor puts its cards there; here the loader moves one, at 512 GiB."""
    base = [*image.PC, "-device", f"loader,file={elf}"]
    loader = made(elf, tmp_path, {}, is_high=True)
    events, _ = image.machine(tmp_path, loader, image.ADDRESSES, image.job(), base=base)
    assert [event["type"] for event in events][-2:] == ["ping", "done"], events


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "there is no job"),
        ({0x202: b"none"}, "neither PVH nor Linux"),
        ({0x1E8: b"\0"}, "there is no memory left"),
        # A module where the interrupt controllers are, and one that ends behind all memory.
        ({0x218: struct.pack("<II", 0xFEC00000, 9)}, "exception 14 at"),
        ({0x218: struct.pack("<II", 0xFFFFF000, 9 << 20)}, "there is no job"),
    ],
)
def test_what_it_cannot_do_is_said_there_too(
    elf: Path, tmp_path: Path, changes: dict[int, bytes], reason: str
) -> None:
    base = [*image.QEMU, "-device", f"loader,file={elf}"]
    words = f"{image.ADDRESSES} lease_ms=300"
    loader = made(elf, tmp_path, changes)
    events, status = image.machine(tmp_path, loader, words, None, base=base)
    assert [event["type"] for event in events] == ["failed"]
    assert reason in events[0]["reason"]
    assert status == 3


def test_what_the_loader_had_open_is_closed(elf: Path, loader: Path, tmp_path: Path) -> None:
    options = ["-device", f"loader,file={elf}"]
    with (
        waiting(loader, tmp_path, options=options) as machine,
        machine.still() as (_, registers, _),
    ):
        assert registers["EFER"] & 0xFFF == 0xD00
