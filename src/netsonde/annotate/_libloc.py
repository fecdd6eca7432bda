"""The database of libloc (IPFire Location): AS, AS name and country of every network."""

from __future__ import annotations

import ipaddress
import mmap
import struct
from typing import TYPE_CHECKING, NamedTuple

from netsonde.model import Annotation, FormatError, HostError

if TYPE_CHECKING:
    from pathlib import Path

    from netsonde.model import Address

_VERSION = 1
_MAGIC = struct.Struct("!7sB")
#: Creation time, three strings of the vendor, then offset and length of five sections.
_HEADER = struct.Struct("!Q3I10I")
_NODE = struct.Struct("!3I")
_NETWORK = struct.Struct("!2s2xIH2x")
_SYSTEM = struct.Struct("!2I")
_NO_NETWORK = 0xFFFF_FFFF
_NAME_BYTES_MAX = 200


class _Section(NamedTuple):
    offset: int
    length: int


class Libloc:
    """A database on disk, mapped: only what is asked for is read.

    Args:
        path: A ``location.db`` of format version 1.

    Raises:
        HostError: The file cannot be read.
        FormatError: It is of another version, or damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise HostError(f"cannot read {path}: {error}") from error
        if len(self._bytes) < _MAGIC.size + _HEADER.size:
            raise self._damaged("the header is cut off", 0)
        _, version = _MAGIC.unpack_from(self._bytes)
        if version != _VERSION:
            raise self._damaged(f"expected format version {_VERSION}, found {version}", 7)
        header = _HEADER.unpack_from(self._bytes, _MAGIC.size)
        sections = [_Section(*header[at : at + 2]) for at in range(4, len(header), 2)]
        for section in sections:
            if section.offset + section.length > len(self._bytes):
                raise self._damaged("a section lies beyond the end", _MAGIC.size)
        self._systems, self._networks, self._tree, _, self._pool = sections

    def lookup(self, address: Address) -> Annotation | None:
        """Return the smallest network that covers an address.

        Raises:
            FormatError: The database is damaged at this place.
        """
        asked = ipaddress.ip_address(address)
        # IPv4 lies in ::ffff:0:0/96.
        start = 96 if asked.version == 4 else 0
        whole = int(asked) | (0xFFFF << 32 if asked.version == 4 else 0)
        node, best, best_length = 0, _NO_NETWORK, 0
        for depth in range(129):
            zero, one, network = self._node(node)
            if network != _NO_NETWORK:
                best, best_length = network, depth
            if depth == 128:
                break
            node = one if whole >> (127 - depth) & 1 else zero
            if node == 0:  # the root is nobody's child
                break
        if best == _NO_NETWORK or best_length < start:
            return None
        return self._annotation(address, best, best_length - start)

    def _annotation(self, address: Address, index: int, length: int) -> Annotation:
        country, asn, _ = _NETWORK.unpack(self._record(self._networks, index, _NETWORK.size))
        prefix = ipaddress.ip_network((address, length), strict=False)
        return Annotation(
            address=address,
            asn=asn or None,
            as_name=self._as_name(asn),
            prefix=str(prefix) if asn else "",
            country=country.rstrip(b"\0").decode("ascii", errors="replace"),
        )

    def _as_name(self, asn: int) -> str:
        """Return the name of a system: they are in the order of their numbers."""
        low, high = 0, self._systems.length // _SYSTEM.size
        while low < high:
            middle = (low + high) // 2
            number, name = _SYSTEM.unpack(self._record(self._systems, middle, _SYSTEM.size))
            if number == asn:
                return self._string(name)
            low, high = (middle + 1, high) if number < asn else (low, middle)
        return ""

    def _string(self, at: int) -> str:
        if at >= self._pool.length:
            raise self._damaged("a name lies beyond the names", self._pool.offset)
        start = self._pool.offset + at
        room = min(_NAME_BYTES_MAX, self._pool.length - at)
        text = self._bytes[start : start + room].partition(b"\0")[0]
        return text.decode(errors="replace")

    def _node(self, index: int) -> tuple[int, int, int]:
        zero, one, network = _NODE.unpack(self._record(self._tree, index, _NODE.size))
        return zero, one, network

    def _record(self, section: _Section, index: int, size: int) -> bytes:
        start = section.offset + index * size
        if (index + 1) * size > section.length:
            raise self._damaged("an index lies beyond its section", section.offset)
        return self._bytes[start : start + size]

    def _damaged(self, what: str, offset: int) -> FormatError:
        return FormatError(f"{self._path}: {what}", "is the file complete?", offset=offset)
