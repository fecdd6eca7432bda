"""Archives that a machine unpacks: initial file systems (cpio), and disks (tar)."""

from __future__ import annotations

import io
import stat
import tarfile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAGIC = b"070701"
_END = "TRAILER!!!"
_ALIGNMENT = 4


class Entry(NamedTuple):
    """One file of an archive.

    Attributes:
        path: Without a slash at its start.
        data: What it holds.
        mode: Its type and rights.
        device: Numbers of a device.
    """

    path: str
    data: bytes = b""
    mode: int = stat.S_IFREG | 0o644
    device: tuple[int, int] = (0, 0)


def program(path: str, data: bytes) -> Entry:
    """Return a file that may be run."""
    return Entry(path, data, stat.S_IFREG | 0o755)


def directory(path: str) -> Entry:
    """Return a folder."""
    return Entry(path, mode=stat.S_IFDIR | 0o755)


def device(path: str, number: tuple[int, int]) -> Entry:
    """Return the file of a device, such as a terminal."""
    return Entry(path, mode=stat.S_IFCHR | 0o600, device=number)


def cpio(entries: Iterable[Entry]) -> bytes:
    """Return an archive that Linux unpacks at its start; several may follow each other."""
    found = bytearray()
    for number, entry in enumerate([*entries, Entry(_END, mode=0)], start=1):
        name = entry.path.encode() + b"\0"
        # inode, mode, user, group, links, time, size, device, its device, name, check
        numbers = (number, entry.mode, 0, 0, 1, 0, len(entry.data), 0, 0, *entry.device)
        found += _MAGIC + b"".join(b"%08X" % one for one in (*numbers, len(name), 0))
        found += name
        found += bytes(-len(found) % _ALIGNMENT)
        found += entry.data
        found += bytes(-len(found) % _ALIGNMENT)
    return bytes(found)


def tar(entries: Iterable[Entry]) -> bytes:
    """Return an archive that is as well a disk: of whole sectors."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for entry in entries:
            one = tarfile.TarInfo(entry.path)
            one.size, one.mode = len(entry.data), stat.S_IMODE(entry.mode)
            archive.addfile(one, io.BytesIO(entry.data))
    return made.getvalue()
