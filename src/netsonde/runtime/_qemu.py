"""The image as a virtual machine: QEMU's microvm, with KVM where it is real, and TCG elsewhere."""

from __future__ import annotations

import fcntl
import os
import re
import resource
import stat
import time
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from netsonde.model import UsageError
from netsonde.runtime._card import MAC
from netsonde.runtime._launch import Identity, Launch
from netsonde.runtime._process import NOBODY
from netsonde.runtime._programs import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.image import Verified
    from netsonde.runtime._card import Card
    from netsonde.runtime._limits import Limits

#: Bytes of a machine's RAM, where the limit allows more: the image needs far less.
MEMORY_BYTES = 16 << 20
#: Bytes of address space that QEMU may have beside a machine's RAM: it takes about 300 MiB, and
#: touches 35 of them.
OVERHEAD_BYTES = 512 << 20
#: Bytes of translated code that an emulated machine keeps: the image's is a few MiB.
TRANSLATED_BYTES = 32 << 20
#: Octets of a command line that all hypervisors take.
COMMAND_LINE_MAX = 2_048
#: Exit statuses of QEMU: its own end, and those that the image writes after `done` and `failed`.
STATUSES = frozenset({0, 1, 3})

_MACHINE = (
    "microvm,acpi=off,x-option-roms=off,pit=off,pic=off,rtc=off,isa-serial=on,"
    "auto-kernel-cmdline=on"
)
SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
_KVM = Path("/dev/kvm")
_PROCESSOR = Path("/proc/cpuinfo")
_KVM_CREATE_VM = 0xAE01


@contextmanager
def qemu(image: Verified, card: Card, job: bytes, limits: Limits) -> Iterator[Launch]:
    """Yield what starts an image in QEMU.

    Raises:
        HostError: There is no QEMU.
        UsageError: The image cannot be told all in its command line.
    """
    program = find("qemu-system-x86_64")
    kernel, module = image.descriptor(), memory_file("netsonde-job", job)
    assert card.descriptor is not None, "QEMU inherits the card"
    try:
        memory_bytes = min(limits.memory_bytes, MEMORY_BYTES)
        machine = machine_options(memory_bytes)
        yield Launch(
            program=[
                program,
                *machine,
                *("-kernel", f"/proc/self/fd/{kernel}", "-initrd", f"/proc/self/fd/{module}"),
                *("-append", command_line(card, limits)),
                *network_options(card.descriptor, is_socket=is_socket(card.descriptor)),
            ],
            descriptors=[kernel, module, card.descriptor],
            takes_stop=True,
            statuses=STATUSES,
            rlimits={
                resource.RLIMIT_AS: memory_bytes + OVERHEAD_BYTES,
                resource.RLIMIT_CPU: limits.cpu_s,
                resource.RLIMIT_CORE: 0,
            },
            identity=who(),
            environment={"PATH": os.defpath},
            alone=True,
            # A huge page is ten times what the image touches.
            no_huge_pages=True,
        )
    finally:
        os.close(kernel)
        os.close(module)


def machine_options(memory_bytes: int) -> list[str]:
    """Return QEMU's options for a machine without anything that the image does not use."""
    accelerator = "kvm" if has_kvm() else f"tcg,tb-size={TRANSLATED_BYTES >> 20}"
    return [
        *("-M", _MACHINE, "-accel", accelerator, "-m", f"{memory_bytes >> 20}M", "-smp", "1"),
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-serial", "stdio", "-monitor", "none", "-sandbox", SANDBOX),
        *("-global", "virtio-mmio.force-legacy=false"),
        *("-device", "isa-debug-exit,iobase=0xf4,iosize=4"),
    ]


def network_options(
    descriptor: int, *, is_socket: bool, device: str = "virtio-net-device"
) -> list[str]:
    """Return QEMU's options for a card behind a descriptor: a TAP, or a Unix datagram socket."""
    socket = f"dgram,id=n0,local.type=fd,local.str={descriptor}"
    backend = socket if is_socket else f"tap,id=n0,fd={descriptor}"
    return ["-netdev", backend, "-device", f"{device},netdev=n0,mac={MAC}"]


def command_line(card: Card, limits: Limits) -> str:
    """Return what the image is told at boot.

    Raises:
        UsageError: It is longer than every hypervisor takes.
    """
    words = [*card.words(), f"deadline_ms={limits.time_s * 1_000}"]
    words += [] if card.has_clock else [f"epoch_ns={time.time_ns()}"]
    text = " ".join(words)
    if len(text) > COMMAND_LINE_MAX:
        message = f"a command line of {len(text)} octets; {COMMAND_LINE_MAX} are the most"
        raise UsageError(message)
    return text


@cache
def has_kvm() -> bool:
    """Return whether this host can really make virtual machines; it is asked once.

    The device alone says little: some hosts emulate in their kernel what the processor lacks, and
    stumble over the first vector instruction.
    """
    with suppress(OSError):
        if not re.search(r"^flags\s*:.*\b(?:vmx|svm)\b", _PROCESSOR.read_text(), re.MULTILINE):
            return False
        device = os.open(_KVM, os.O_RDWR | os.O_CLOEXEC)
        try:
            os.close(fcntl.ioctl(device, _KVM_CREATE_VM, 0))
        finally:
            os.close(device)
        return True
    return False


def who() -> Identity | None:
    """Return who QEMU runs as: nobody if root starts it, with the group that may use KVM."""
    if os.geteuid() != 0:
        return None
    if not has_kvm():
        return NOBODY
    status = _KVM.stat()
    by_all, by_group = status.st_mode & 0o006 == 0o006, status.st_mode & 0o060 == 0o060
    if by_all or (by_group and status.st_gid != 0):
        return NOBODY._replace(groups=() if by_all else (status.st_gid,))
    return None


def memory_file(name: str, data: bytes) -> int:
    """Return a file in memory that holds data, for the caller to close."""
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(data)
    return descriptor


def is_socket(descriptor: int) -> bool:
    return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
