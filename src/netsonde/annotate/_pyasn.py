"""Prefix and origin AS, one pair a line: the files that pyasn makes from BGP tables."""

from __future__ import annotations

import gzip
import ipaddress
from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

from netsonde.model import Annotation, FormatError, HostError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from pathlib import Path

    from netsonde.model import Address

#: Prefixes read at most; a full table of 2026 has 1.3 million, IPv4 and IPv6 together.
PREFIXES_MAX = 20_000_000
#: Longest line: the longest prefix and the largest number need 55 bytes.
LINE_BYTES_MAX = 1_000
_ASN_MAX = 2**32 - 1
#: Prefixes longer than this share its first bits: nobody announces them.
_IPV6_LENGTH_MAX = 64


class Pyasn:
    """A table of prefixes in memory, 12 bytes each.

    Args:
        path: Lines of prefix, tab, AS number; ``;`` begins a comment. Plain or gzipped.

    Raises:
        HostError: The file cannot be read.
        FormatError: A line is something else.
    """

    def __init__(self, path: Path) -> None:
        # Per version and prefix length: network bits in order, and the numbers beside them.
        self._tables: dict[tuple[int, int], tuple[array[int], array[int]]] = {}
        rows: dict[tuple[int, int], dict[int, int]] = {}
        for version, length, bits, asn in _rows(path):
            rows.setdefault((version, length), {})[bits] = asn
        for key, pairs in rows.items():
            ordered = sorted(pairs)
            numbers = array("L", (pairs[bits] for bits in ordered))
            self._tables[key] = (array("Q", ordered), numbers)
        self._lengths = {
            version: sorted((length for each, length in rows if each == version), reverse=True)
            for version in (4, 6)
        }

    def lookup(self, address: Address) -> Annotation | None:
        """Return the longest prefix that covers an address, and its origin."""
        asked = ipaddress.ip_address(address)
        whole = int(asked)
        for length in self._lengths[asked.version]:
            networks, numbers = self._tables[asked.version, length]
            bits = whole >> (asked.max_prefixlen - length)
            at = bisect_left(networks, bits)
            if at < len(networks) and networks[at] == bits:
                prefix = ipaddress.ip_network((address, length), strict=False)
                return Annotation(address=address, asn=numbers[at], prefix=str(prefix))
        return None


def _rows(path: Path) -> Iterator[tuple[int, int, int, int]]:
    """Yield version, length, network bits and number of each line."""
    offset = count = 0
    try:
        with _open(path) as file:
            while line := file.readline(LINE_BYTES_MAX):
                text = line.decode("ascii", errors="replace").strip()
                if text and not text.startswith((";", "#")):
                    count += 1
                    row = _row(text)
                    if row is None or count > PREFIXES_MAX:
                        message = f"{path}: no prefix and AS number: {text[:60]!r}"
                        hint = "a line is a prefix, a tab and a number: 5.1.0.0/16\t64500"
                        raise FormatError(message, hint, offset=offset)
                    yield row
                offset += len(line)
    except (OSError, EOFError) as error:
        message = f"cannot read {path}: {error}"
        raise HostError(message, "is the file complete?") from error


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")


def _row(text: str) -> tuple[int, int, int, int] | None:
    prefix, _, number = text.partition("\t")
    try:
        network = ipaddress.ip_network(prefix.strip(), strict=False)
        asn = int(number)
    except ValueError:
        return None
    length = network.prefixlen
    if network.version == 6:
        length = min(length, _IPV6_LENGTH_MAX)
    bits = int(network.network_address) >> (network.max_prefixlen - length)
    return (network.version, length, bits, asn) if 0 <= asn <= _ASN_MAX else None
