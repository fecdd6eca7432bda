"""What the machines with a Linux kernel have in common: how QEMU starts one."""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING

from netsonde.runtime._archives import Entry, program
from netsonde.runtime._launch import Launch
from netsonde.runtime._qemu import SANDBOX, has_kvm, is_socket, network_options, who

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsonde.image import Verified
    from netsonde.runtime._card import Card
    from netsonde.runtime._limits import Limits

#: The interface in the machine.
INTERFACE = "eth0"
#: The card, without a program to start from the network.
_CARD = "virtio-net-pci,romfile="
#: Words for the kernel. The image alone speaks: no IPv6 of the kernel's, no message but the last.
WORDS = "console=ttyS0 quiet loglevel=1 panic=-1 ipv6.disable=1 net.ifnames=0"
#: What is written after the image's last words: the serial line holds sixteen octets. They are lost
#: with the machine, or to the kernel's last message, where a reader has no room for them.
LAST = f"echo '{' ' * 62}'"
#: Exit statuses of QEMU: the machine was switched off, or started again, which it is not to be.
STATUSES = frozenset({0})


def media(image: Verified, card: Card, job: bytes, limits: Limits) -> list[Entry]:
    """Return what a machine gets of a run: the image, the words for it, and its job."""
    words = [*card.words(), f"if={INTERFACE}", f"deadline_ms={limits.time_s * 1_000}"]
    return [
        program("image", image.data),
        Entry("words", " ".join(words).encode() + b"\n"),
        Entry("job", job + b"\n"),
    ]


def options(machine: str, memory_bytes: int, descriptor: int) -> list[str]:
    """Return QEMU's options for a machine with a card, a serial line, and no other device.

    Args:
        machine: QEMU's name of the machine.
        memory_bytes: Its RAM.
        descriptor: The other end of its card: a TAP, or a Unix datagram socket.
    """
    accelerator = ("kvm", "-cpu", "host") if has_kvm() else ("tcg",)
    return [
        *("-M", machine, "-accel", *accelerator, "-m", f"{memory_bytes >> 20}M", "-smp", "1"),
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-serial", "stdio", "-monitor", "none", "-sandbox", SANDBOX),
        *network_options(descriptor, is_socket=is_socket(descriptor), device=_CARD),
    ]


def launched(program: Sequence[str], descriptors: Sequence[int], limits: Limits) -> Launch:
    """Return what starts a machine.

    Args:
        program: QEMU and its options.
        descriptors: What it inherits.
        limits: What it may use.
    """
    return Launch(
        program=program,
        descriptors=descriptors,
        takes_stop=True,
        is_deaf_at_first=True,
        statuses=STATUSES,
        rlimits={resource.RLIMIT_CPU: limits.cpu_s, resource.RLIMIT_CORE: 0},
        identity=who(),
        environment={"PATH": os.defpath},
        alone=True,
    )
