"""The image on Debian's kernel, and next to nothing else, in a small machine: a microVM.

The initial file system is all there is: the image, its job, the modules of its card, and busybox
(a program of its own, from Debian's package) to load them.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from netsonde.runtime._archives import Entry, cpio, device, directory, program
from netsonde.runtime._debian import KERNEL, RELEASE, unpacked_kernel
from netsonde.runtime._linux import INTERFACE, LAST, WORDS, launched, media, options
from netsonde.runtime._machines import Recipe
from netsonde.runtime._programs import find
from netsonde.runtime._qemu import memory_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from netsonde.image import Verified
    from netsonde.runtime._card import Card
    from netsonde.runtime._launch import Launch
    from netsonde.runtime._limits import Limits
    from netsonde.runtime._machines import Machine

#: RAM that a machine has at least: below it, the kernel does not unpack itself.
MEMORY_MIN = 96 << 20
#: QEMU's machine. `microvm` has no clock that Linux can calibrate by without KVM.
MACHINE = "pc,hpet=off,smm=off,vmport=off"
#: Firmware that does nothing but start a kernel.
FIRMWARE = "qboot.rom"
_SHELL = "busybox-static"
#: The kernel's numbers for files of devices.
_DEVICES = {"console": (5, 1), "null": (1, 3), "ttyS0": (4, 64)}
#: Modules of the card, each after those that it needs.
_MODULES = (
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci_modern_dev",
    "drivers/virtio/virtio_pci",
    "net/core/failover",
    "drivers/net/net_failover",
    "drivers/net/virtio_net",
)
_INIT = f"""#!/busybox sh
# The first process. What comes on the serial line after the job goes to the image: it may stop it.
for module in {" ".join(path.rpartition("/")[2] for path in _MODULES)}; do
    /busybox insmod /modules/$module.ko
done
/busybox ip link set {INTERFACE} up
/busybox stty -F /dev/ttyS0 raw -echo
/busybox mkfifo /input
# Not by cat: its sendfile would lock the queue for as long as nothing comes on the line.
{{ /busybox dd if=/job; exec /busybox dd if=/dev/ttyS0 bs=64; }} 2>/dev/null >/input &
/image $(/busybox cat /words) </input >/dev/ttyS0
{LAST} >/dev/ttyS0
# Waits until all but the last few octets have left.
/busybox stty -F /dev/ttyS0 cooked
/busybox reboot -f
"""


def recipe() -> Recipe:
    """Return how the kernel and the first part of the initial file system are made."""
    parts = (RELEASE, KERNEL, _SHELL, _INIT, *_MODULES)
    return Recipe("microvm", parts, ("kernel", "initramfs"), _make)


@contextmanager
def microvm(
    made: Machine, image: Verified, card: Card, job: bytes, limits: Limits
) -> Iterator[Launch]:
    """Yield what starts an image on a kernel of its own.

    Raises:
        HostError: There is no QEMU, or the machine is not there any more.
    """
    emulator = find("qemu-system-x86_64")
    assert card.descriptor is not None, "QEMU inherits the card"
    with ExitStack() as held:
        kernel = made.open("kernel")
        held.callback(os.close, kernel)
        with os.fdopen(made.open("initramfs"), "rb") as file:
            whole = file.read() + cpio(media(image, card, job, limits))
        initramfs = memory_file("netsonde-initramfs", whole)
        held.callback(os.close, initramfs)
        program = [
            emulator,
            *options(MACHINE, max(limits.memory_bytes, MEMORY_MIN), card.descriptor),
            *("-bios", FIRMWARE, "-kernel", f"/proc/self/fd/{kernel}"),
            *("-initrd", f"/proc/self/fd/{initramfs}", "-append", WORDS),
        ]
        yield launched(program, [kernel, initramfs, card.descriptor], limits)


async def _make(folder: Path, say: Callable[[str], None]) -> None:
    root = await unpacked_kernel(folder, [_SHELL], say)
    (kernel,) = root.glob("boot/vmlinuz-*")
    (modules,) = root.glob("lib/modules/*/kernel")
    entries: list[Entry] = [
        *(directory(name) for name in ("dev", "modules")),
        *(device(f"dev/{name}", number) for name, number in _DEVICES.items()),
        program("busybox", (root / "bin/busybox").read_bytes()),
        program("init", _INIT.encode()),
    ]
    for path in _MODULES:
        name = path.rpartition("/")[2]
        entries.append(Entry(f"modules/{name}.ko", (modules / f"{path}.ko").read_bytes()))
    (folder / "initramfs").write_bytes(cpio(entries))
    # Whoever QEMU runs as opens it once more.
    kernel.rename(folder / "kernel").chmod(0o644)
