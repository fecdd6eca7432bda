"""The image in Firecracker and in Cloud Hypervisor, which both take a TAP and a real KVM."""

from __future__ import annotations

import json
import os
import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from netsonde.model import HostError
from netsonde.runtime._card import MAC
from netsonde.runtime._host_network import CARD
from netsonde.runtime._launch import Launch
from netsonde.runtime._programs import find
from netsonde.runtime._qemu import MEMORY_BYTES, command_line, has_kvm, memory_file, who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.image import Verified
    from netsonde.runtime._card import Card
    from netsonde.runtime._limits import Limits
    from netsonde.runtime._namespace import Namespace

#: Any: their exit statuses say nothing of the job.
_STATUSES = frozenset(range(256))


@contextmanager
def firecracker(
    image: Verified, card: Card, job: bytes, limits: Limits, space: Namespace
) -> Iterator[Launch]:
    """Yield what starts an image in Firecracker, in the namespace that has its TAP.

    Raises:
        HostError: There is no Firecracker, or no KVM.
    """
    program = _program("firecracker")
    kernel, module = image.descriptor(), memory_file("netsonde-job", job)
    text = json.dumps(firecracker_configuration(kernel, module, card, limits))
    configuration = memory_file("netsonde-machine", text.encode())
    descriptors = [kernel, module, configuration]
    try:
        yield Launch(
            program=[program, "--no-api", "--config-file", f"/proc/self/fd/{configuration}"],
            descriptors=descriptors,
            statuses=_STATUSES,
            rlimits={resource.RLIMIT_CPU: limits.cpu_s, resource.RLIMIT_CORE: 0},
            identity=who(),
            space=space,
        )
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@contextmanager
def cloud_hypervisor(image: Verified, card: Card, job: bytes, limits: Limits) -> Iterator[Launch]:
    """Yield what starts an image in Cloud Hypervisor.

    Raises:
        HostError: There is no Cloud Hypervisor, or no KVM.
    """
    program = _program("cloud-hypervisor")
    kernel, module = image.descriptor(), memory_file("netsonde-job", job)
    assert card.descriptor is not None, "Cloud Hypervisor inherits its TAP"
    try:
        yield Launch(
            program=[program, *cloud_hypervisor_options(kernel, module, card, limits)],
            descriptors=[kernel, module, card.descriptor],
            statuses=_STATUSES,
            rlimits={resource.RLIMIT_CPU: limits.cpu_s, resource.RLIMIT_CORE: 0},
            identity=who(),
        )
    finally:
        os.close(kernel)
        os.close(module)


def firecracker_configuration(
    kernel: int, module: int, card: Card, limits: Limits
) -> dict[str, Any]:
    """Return a machine as Firecracker's configuration file describes it (from 1.12: PVH)."""
    return {
        "boot-source": {
            "kernel_image_path": f"/proc/self/fd/{kernel}",
            "initrd_path": f"/proc/self/fd/{module}",
            "boot_args": command_line(card, limits),
        },
        "drives": [],
        "machine-config": {"vcpu_count": 1, "mem_size_mib": _memory_bytes(limits) >> 20},
        "network-interfaces": [
            {"iface_id": CARD, "guest_mac": MAC, "host_dev_name": CARD},
        ],
    }


def cloud_hypervisor_options(kernel: int, module: int, card: Card, limits: Limits) -> list[str]:
    """Return a machine as Cloud Hypervisor's options describe it."""
    return [
        *("--kernel", f"/proc/self/fd/{kernel}", "--initramfs", f"/proc/self/fd/{module}"),
        *("--cmdline", command_line(card, limits), "--cpus", "boot=1"),
        *("--memory", f"size={_memory_bytes(limits) >> 20}M"),
        *("--net", f"fd=[{card.descriptor}],mac={MAC}"),
        *("--serial", "tty", "--console", "off", "--seccomp", "true"),
    ]


def _memory_bytes(limits: Limits) -> int:
    return min(limits.memory_bytes, MEMORY_BYTES)


def _program(name: str) -> str:
    """Return the path of a hypervisor that could work here."""
    path = find(name)
    if not has_kvm():
        message = f"{name} needs KVM, which this host does not have"
        raise HostError(message, "--runtime unikernel emulates the machine instead")
    return path
