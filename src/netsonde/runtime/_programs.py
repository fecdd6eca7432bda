"""Programs of the host that runtimes use, and the packages that have them."""

from __future__ import annotations

import os
import shutil

from netsonde.model import HostError

#: Debian's package for each program; an empty text where Debian has none.
PACKAGES = {
    "apt-get": "",
    "cloud-hypervisor": "",
    "docker": "docker.io",
    "dpkg-deb": "",
    "firecracker": "",
    "genext2fs": "genext2fs",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "newuidmap": "uidmap",
    "nft": "nftables",
    "nsenter": "util-linux",
    "podman": "podman",
    "qemu-system-x86_64": "qemu-system-x86",
    "resize2fs": "e2fsprogs",
    "setsid": "util-linux",
    "tune2fs": "e2fsprogs",
    "unshare": "util-linux",
}

_DEBIAN = "Debian's machines are made on Debian and its kin, and run elsewhere if you copy them"
_HOMES = {
    "apt-get": _DEBIAN,
    "dpkg-deb": _DEBIAN,
    "cloud-hypervisor": "see https://www.cloudhypervisor.org",
    "firecracker": "see https://firecracker-microvm.github.io",
}


def find(program: str) -> str:
    """Return the path of a program.

    Raises:
        HostError: It is not there; the hint names what has it.
    """
    path = shutil.which(program, path=search_path())
    if path is None:
        package = PACKAGES[program]
        hint = f"apt-get install {package}" if package else _HOMES[program]
        raise HostError(f"there is no program `{program}`", hint)
    return path


def search_path() -> str:
    """Return PATH with the folders of system programs, which not every shell has in it."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
