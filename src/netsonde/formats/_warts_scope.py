"""What warts tells once and names by number afterwards: addresses, lists and cycles.

Source:
    warts(5), "addresses", "list structure", "cycle structure".
"""

from __future__ import annotations

import socket
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsonde.formats._scamper import ScamperCycle, ScamperList

#: Bytes of each type of address, and its number: IPv4, IPv6, Ethernet, FireWire.
_TYPES = {1: 4, 2: 16, 3: 6, 4: 8}
_NUMBERS = {size: number for number, size in _TYPES.items()}
_IPV4_BYTES, _IPV6_BYTES = 4, 16
#: Texts remembered, as the same routers come again and again.
TEXTS_MAX = 65_536


class Malformed(Exception):
    """A record that cannot be.

    Args:
        at: Offset within the record's body.
        message: What is wrong.
    """

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at


class File:
    """What a file told so far, by the numbers that the format counts up from 1."""

    __slots__ = ("addresses", "cycle_numbers", "cycles", "list_numbers", "lists")

    def __init__(self) -> None:
        self.addresses: list[str] = []
        """Of the deprecated form, for the whole file."""
        self.lists: dict[int, ScamperList] = {}
        self.cycles: dict[int, ScamperCycle] = {}
        self.list_numbers: dict[ScamperList, int] = {}
        """Where the file is written."""
        self.cycle_numbers: dict[ScamperCycle, int] = {}


class Scope:
    """What a record told so far.

    Args:
        file: What its file told.
    """

    __slots__ = ("addresses", "blob_bytes", "file", "numbers")

    def __init__(self, file: File) -> None:
        self.file = file
        self.addresses: list[str] = []
        self.numbers: dict[str, int] = {}
        self.blob_bytes = 0


def read_address(data: bytes, at: int, scope: Scope) -> tuple[str, int]:
    """Return an address told or named within a record, and where it ends."""
    size = data[at]
    if size == 0:
        number = int.from_bytes(data[at + 1 : at + 5], "big")
        if number >= len(scope.addresses):
            raise Malformed(at, f"address {number} was not told before")
        return scope.addresses[number], at + 5
    end = at + 2 + size
    text = address_text(data[at + 1], data[at + 2 : end])
    if text is None:
        raise Malformed(at, f"an address of type {data[at + 1]} and {size} bytes")
    scope.addresses.append(text)
    return text, end


def write_address(text: str, scope: Scope) -> bytes:
    """Return an address: told the first time, named afterwards."""
    number = scope.numbers.get(text)
    if number is not None:
        return b"\0" + number.to_bytes(4, "big")
    scope.numbers[text] = len(scope.numbers)
    return _told(text)


@lru_cache(TEXTS_MAX)
def address_text(kind: int, raw: bytes) -> str | None:
    """Return an address as text; None if its length is not that of its type."""
    if len(raw) != _TYPES.get(kind):
        return None
    if len(raw) == _IPV4_BYTES:
        return socket.inet_ntop(socket.AF_INET, raw)
    if len(raw) == _IPV6_BYTES:
        return socket.inet_ntop(socket.AF_INET6, raw)
    return raw.hex("-")


@lru_cache(TEXTS_MAX)
def address_bytes(text: str) -> bytes:
    """Return an address as bytes.

    Raises:
        ValueError: It is none.
    """
    try:
        if ":" in text:
            return socket.inet_pton(socket.AF_INET6, text)
        if "-" in text:
            return bytes.fromhex(text.replace("-", ""))
        return socket.inet_pton(socket.AF_INET, text)
    except OSError:
        message = f"no address: {text}"
        raise ValueError(message) from None


@lru_cache(TEXTS_MAX)
def _told(text: str) -> bytes:
    raw = address_bytes(text)
    return bytes((len(raw), _NUMBERS[len(raw)])) + raw
