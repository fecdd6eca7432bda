"""Programs of the host that runtimes use, and the packages that have them."""

from __future__ import annotations

import os
import shutil

from netsonde.model import HostError

#: Debian's package for each program; an empty text where Debian has none.
PACKAGES = {
    "cloud-hypervisor": "",
    "debootstrap": "debootstrap",
    "docker": "docker.io",
    "firecracker": "",
    "ip": "iproute2",
    "mkfs.ext4": "e2fsprogs",
    "nft": "nftables",
    "nsenter": "util-linux",
    "podman": "podman",
    "qemu-img": "qemu-utils",
    "qemu-system-x86_64": "qemu-system-x86",
}

_HOMES = {
    "cloud-hypervisor": "https://www.cloudhypervisor.org",
    "firecracker": "https://firecracker-microvm.github.io",
}


def find(program: str) -> str:
    """Return the path of a program.

    Raises:
        HostError: It is not there; the hint names what has it.
    """
    path = shutil.which(program, path=search_path())
    if path is None:
        package = PACKAGES[program]
        hint = f"apt-get install {package}" if package else f"see {_HOMES[program]}"
        raise HostError(f"there is no program `{program}`", hint)
    return path


def search_path() -> str:
    """Return PATH with the folders of system programs, which not every shell has in it."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
