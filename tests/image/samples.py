"""A small ELF that runs, and a store that trusts its own key."""

import struct
import time
from pathlib import Path

from netsonde.image import Manifest, Store, Trust, build

#: `exit_group(0)`.
CODE = bytes.fromhex("31ff b8e7000000 0f05")
BASE = 0x10_0000
PVH_ENTRY = 0x10_1234


def elf(extra: bytes = b"", *, interpreter: bool = False) -> bytes:
    """Return an executable of a loaded segment and a PVH note, and `extra` octets behind."""
    note = struct.pack("<III4sQ", 4, 8, 18, b"Xen\0", PVH_ENTRY)
    segments = 3 if interpreter else 2
    begin = 64 + 56 * segments
    size = begin + len(note) + len(CODE) + len(extra)
    identity = b"\x7fELF\x02\x01\x01" + bytes(9)
    entry = BASE + begin + len(note)
    header = struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, entry, 64, 0, 0, 64, 56, segments, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, BASE, BASE, size, size + 1_000, 4_096)
    pvh = struct.pack("<IIQQQQQQ", 4, 4, begin, 0, 0, len(note), len(note), 4)
    loader = struct.pack("<IIQQQQQQ", 3, 4, begin, 0, 0, 1, 1, 1) if interpreter else b""
    return identity + header + load + pvh + loader + note + CODE + extra


def store(folder: Path) -> Store:
    """Return an empty store with keys of its own."""
    return Store(folder / "images", Trust(folder / "keys"))


def kept(folder: Path, pages: int = 3) -> tuple[Store, Manifest]:
    """Return a store with one image of a few pages."""
    found = store(folder)
    return found, build(found, elf(bytes(range(256)) * 16 * (pages - 1)))


def blob(folder: Path, manifest: Manifest) -> Path:
    """Return the file that holds an image."""
    return folder / "images" / "blobs" / "sha256" / manifest.sha256


def now_s() -> int:
    """Return the Unix time."""
    return time.time_ns() // 1_000_000_000
