"""What a machine writes to its disk: a file without a name over a disk that never changes.

The file is of QEMU's format qcow2, empty at the start; the kernel removes it with the last
descriptor of it, so that no run leaves one, however it ends.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from netsonde.model import HostError

if TYPE_CHECKING:
    from pathlib import Path

CLUSTER_BITS = 16
CLUSTER = 1 << CLUSTER_BITS
#: Bytes of a disk at most: what one cluster of the first table reaches.
DISK_BYTES_MAX = (CLUSTER // 8) * (CLUSTER // 8) * CLUSTER
_MAGIC, _VERSION = 0x514649FB, 3
_HEADER = struct.Struct(">IIQIIQIIQQIIQQQQII")
#: Counts of references take two octets.
_REFCOUNT_ORDER = 4
#: The header, the table of counts, its only block of counts, and the first table.
_CLUSTERS = 4


def empty_overlay(disk_bytes: int) -> bytes:
    """Return an overlay for a disk, without anything in it.

    Raises:
        ValueError: The disk is larger than `DISK_BYTES_MAX`, or not of whole sectors.
    """
    if not 0 < disk_bytes <= DISK_BYTES_MAX or disk_bytes % 512:
        raise ValueError(f"a disk of {disk_bytes} bytes")
    reach = CLUSTER // 8 * CLUSTER
    header = _HEADER.pack(
        _MAGIC, _VERSION, 0, 0, CLUSTER_BITS, disk_bytes, 0,
        -(-disk_bytes // reach), 3 * CLUSTER,  # the first table
        CLUSTER, 1,  # the table of counts
        0, 0,  # no snapshots
        0, 0, 0, _REFCOUNT_ORDER, _HEADER.size,
    )  # fmt: skip
    counts = struct.pack(">Q", 2 * CLUSTER)
    used = struct.pack(f">{_CLUSTERS}H", *[1] * _CLUSTERS)
    return b"".join(one.ljust(CLUSTER, b"\0") for one in (header, counts, used, b""))


def overlay(folder: Path, disk_bytes: int) -> int:
    """Return a new overlay in a folder, as a descriptor of a file without a name.

    Raises:
        HostError: It cannot be written.
    """
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(empty_overlay(disk_bytes))
    except OSError as error:
        message = f"cannot write below {folder}: {error.strerror}"
        raise HostError(message, "XDG_CACHE_HOME names another place for it") from error
    return descriptor
