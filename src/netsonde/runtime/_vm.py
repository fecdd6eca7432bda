"""The image on a whole Debian in a virtual machine: its kernel, its systemd, its disk.

The disk is made once and never changes. What a run brings is on a second disk, an archive that a
service of the machine unpacks: the image is the same file as everywhere.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from netsonde.runtime._archives import tar
from netsonde.runtime._debian import KERNEL, RELEASE, system, told
from netsonde.runtime._linux import INTERFACE, LAST, WORDS, launched, media, options
from netsonde.runtime._machines import Recipe
from netsonde.runtime._overlay import overlay
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

#: RAM that a machine has at least: below it, Debian does not unpack its initial file system.
MEMORY_MIN = 256 << 20
MACHINE = "pc"
#: Bytes of a disk; it is as large on ours as what is on it.
DISK_BYTES = 2 << 30
#: What debootstrap installs by itself, and these.
_VARIANT = "important"
_PACKAGES = (KERNEL, "dbus", "initramfs-tools", "systemd-sysv", "zstd")
_SERVICE = f"""[Unit]
Description=The image of netsonde
Wants=sys-subsystem-net-devices-{INTERFACE}.device
After=sys-subsystem-net-devices-{INTERFACE}.device
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/netsonde-job
StandardError=journal+console

[Install]
WantedBy=multi-user.target
"""
_JOB = f"""#!/bin/sh
# Unpacks the second disk and runs what it brings, with the one capability that opens the card.
# What comes on the serial line after the job goes to the image: it may stop it.
folder=/var/lib/netsonde  # nothing may be run from /run
mkdir -p $folder
tar -xf /dev/vdb -C $folder
ip link set {INTERFACE} up
stty -F /dev/ttyS0 raw -echo
mkfifo $folder/input
{{ cat $folder/job; exec cat /dev/ttyS0; }} >$folder/input &
setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+net_raw \\
    --ambient-caps=-all,+net_raw --bounding-set=-all,+net_raw \\
    $folder/image $(cat $folder/words) <$folder/input >/dev/ttyS0
{LAST} >/dev/ttyS0
# Waits until all but the last few octets have left.
stty -F /dev/ttyS0 cooked
"""
_FILES = {
    "etc/fstab": "/dev/vda / ext4 errors=remount-ro 0 1\n",
    "etc/systemd/system/netsonde.service": _SERVICE,
    "usr/local/sbin/netsonde-job": _JOB,
}
_HOOKS = (
    'chmod 755 "$1/usr/local/sbin/netsonde-job"',
    'chroot "$1" systemctl enable netsonde.service',
    # The line is the image's: nobody logs in there.
    'chroot "$1" systemctl mask serial-getty@ttyS0.service',
    "download /vmlinuz kernel",
    "download /initrd.img initramfs",
)


def recipe() -> Recipe:
    """Return how disk, kernel and initial file system are made."""
    files = [text for pair in _FILES.items() for text in pair]
    parts = (RELEASE, _VARIANT, *_PACKAGES, *files, *_HOOKS, str(DISK_BYTES))
    return Recipe("vm", parts, ("disk", "kernel", "initramfs"), _make)


@contextmanager
def vm(made: Machine, image: Verified, card: Card, job: bytes, limits: Limits) -> Iterator[Launch]:
    """Yield what starts an image in a whole Debian.

    Raises:
        HostError: There is no QEMU, or no room for what the machine writes.
    """
    emulator = find("qemu-system-x86_64")
    assert card.descriptor is not None, "QEMU inherits the card"
    with ExitStack() as held:

        def kept(descriptor: int) -> int:
            held.callback(os.close, descriptor)
            return descriptor

        def opened(name: str) -> int:
            return kept(made.open(name))

        kernel, initramfs, disk = opened("kernel"), opened("initramfs"), opened("disk")
        written = kept(overlay(made.file("."), os.fstat(disk).st_size))
        whole = kept(memory_file("netsonde-run", tar(media(image, card, job, limits))))
        # QEMU takes a descriptor for reading only if it is for nothing else.
        brought = kept(os.open(f"/proc/self/fd/{whole}", os.O_RDONLY | os.O_CLOEXEC))
        program = [
            emulator,
            *options(MACHINE, max(limits.memory_bytes, MEMORY_MIN), card.descriptor),
            *disks(disk, written, brought),
            *("-device", "virtio-rng-pci", "-kernel", f"/proc/self/fd/{kernel}"),
            *("-initrd", f"/proc/self/fd/{initramfs}"),
            *("-append", f"root=/dev/vda ro systemd.show_status=0 {WORDS}"),
        ]
        inherited = [kernel, initramfs, disk, written, brought, card.descriptor]
        yield launched(program, inherited, limits)


def disks(base: int, written: int, brought: int) -> list[str]:
    """Return QEMU's options for two disks: one that changes above its base, and one that cannot.

    QEMU opens descriptors of ours, since it may not open our files.
    """
    found = []
    for number, descriptor in enumerate((base, written, brought), start=1):
        is_fixed = "off" if descriptor == written else "on"
        node = f"driver=file,node-name=file{number},filename=/dev/fdset/{number}"
        found += ["-add-fd", f"fd={descriptor},set={number}"]
        found += ["-blockdev", f"{node},read-only={is_fixed}"]
    return [
        *found,
        *("-blockdev", "driver=raw,node-name=base,file=file1,read-only=on"),
        *("-blockdev", "driver=qcow2,node-name=system,file=file2,backing=base"),
        *("-blockdev", "driver=raw,node-name=run,file=file3,read-only=on"),
        *("-device", "virtio-blk-pci,drive=system,romfile="),
        *("-device", "virtio-blk-pci,drive=run,romfile="),
    ]


async def _make(folder: Path, say: Callable[[str], None]) -> None:
    resize, tune = find("resize2fs"), find("tune2fs")
    hooks = []
    for number, (path, text) in enumerate(_FILES.items()):
        (folder / str(number)).write_text(text)
        hooks.append(f"upload {folder / str(number)} /{path}")
    hooks += _HOOKS
    disk = folder / "disk"
    arguments = [f"--variant={_VARIANT}", f"--include={','.join(_PACKAGES)}"]
    await system(folder, disk, [*arguments, *(f"--customize-hook={hook}" for hook in hooks)], say)
    os.truncate(disk, DISK_BYTES)
    await told([resize, str(disk)], folder)
    # Debian's file system: with a journal, and whole runs of blocks.
    await told([tune, "-O", "has_journal,extents,uninit_bg", str(disk)], folder)
    for name in ("kernel", "initramfs"):
        # Whoever QEMU runs as opens it once more.
        (folder / name).chmod(0o644)
