"""Fills the sources of packed targets in, by asking for one after the other."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from netsonde import _core
from netsonde.model import NetsondeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsonde.model import Address

#: Octets of an address in a record: IPv4 fills the first four.
_ADDRESS_BYTES = 16


class Sources:
    """Fills in what a vantage says of each target.

    Args:
        source: Returns the address from which a target is probed, or raises a `NetsondeError`.
        is_one_per_family: Whether every target of a family has the same source.
    """

    def __init__(
        self, source: Callable[[Address], Address], *, is_one_per_family: bool = False
    ) -> None:
        self._source = source
        self._known: dict[int, bytes | None] | None = {} if is_one_per_family else None

    def fill(self, records: bytes) -> tuple[bytes, bytes]:
        """Return the records with sources, and apart from them those that have no route."""
        filled, lost = bytearray(), bytearray()
        size = _core.TARGET_BYTES
        for start in range(0, len(records), size):
            record = records[start : start + size - _ADDRESS_BYTES]
            source = self._find(record)
            if source is None:
                lost += records[start : start + size]
            else:
                filled += record + source
        return bytes(filled), bytes(lost)

    def _find(self, record: bytes) -> bytes | None:
        version = record[0]
        if self._known is not None and version in self._known:
            return self._known[version]
        packed = record[1:5] if version == 4 else record[1:]
        try:
            found = ipaddress.ip_address(self._source(str(ipaddress.ip_address(packed)))).packed
        except NetsondeError:
            source = None
        else:
            source = found.ljust(_ADDRESS_BYTES, b"\0")
        if self._known is not None:
            self._known[version] = source
        return source
