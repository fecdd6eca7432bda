"""Names behind numbers: of enterprises and of makers of hardware, from files that the user has.

Source:
    IANA's "Private Enterprise Numbers" (RFC 9371), IEEE's list of MA-L assignments (oui.txt), and
    the file `manuf` of Wireshark.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from netsonde.model import FormatError, HostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: Bytes of a file at most, and names of one registry.
FILE_BYTES_MAX: Final = 1 << 26
NAMES_MAX: Final = 1 << 20
_KINDS = "IANA's enterprise-numbers.txt, IEEE's oui.txt, or Wireshark's manuf"
_ENTERPRISES = re.compile(r"^(\d{1,10})[ \t]*\r?\n[ \t]+(\S[^\r\n]*)", re.MULTILINE)
_OUI = re.compile(
    r"^([0-9A-F]{2})-([0-9A-F]{2})-([0-9A-F]{2})[ \t]+\(hex\)[ \t]+(\S[^\r\n]*)", re.MULTILINE
)
_MANUF = re.compile(
    r"^([0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){2,5})(?:/(\d{2}))?[ \t]+([^\t\r\n]+)"
    r"(?:\t([^\t\r\n#]+))?",
    re.MULTILINE,
)
_OUI_BITS, _MAC_BITS = 24, 48
_NUMBER_MAX = 4_294_967_295


class Registries:
    """Enterprise numbers and prefixes of hardware addresses, by name.

    Examples:
        >>> Registries().enterprise(9) is None
        True
    """

    def __init__(self) -> None:
        self._enterprises: dict[int, str] = {}
        self._prefixes: dict[tuple[int, int], str] = {}
        self._lengths: tuple[int, ...] = ()

    @classmethod
    def open(cls, paths: Iterable[Path | str]) -> Registries:
        """Read files, told apart by what they hold; earlier ones are trusted more.

        Raises:
            HostError: A file cannot be read.
            FormatError: A file is none of those known.
        """
        found = cls()
        for path in paths:
            found.add(Path(path))
        return found

    def add(self, path: Path) -> None:
        """Read one more file.

        Raises:
            HostError: It cannot be read.
            FormatError: It is none of those known.
        """
        try:
            with path.open("rb") as file:
                text = file.read(FILE_BYTES_MAX).decode("utf-8", "replace")
        except OSError as error:
            raise HostError(f"cannot read {path}: {error.strerror}", f"expected {_KINDS}") from None
        takers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], None]], ...] = (
            (_OUI, self._take_oui),
            (_ENTERPRISES, self._take_enterprise),
            (_MANUF, self._take_manuf),
        )
        for pattern, take in takers:
            if pattern.search(text):
                for match in pattern.finditer(text):
                    take(match)
                lengths = {bits for bits, _ in self._prefixes}
                self._lengths = tuple(sorted(lengths, reverse=True))
                return
        raise FormatError(f"{path} names neither enterprises nor makers", f"expected {_KINDS}")

    def enterprise(self, number: int) -> str | None:
        """Return who has an enterprise number; None if no file says."""
        return self._enterprises.get(number)

    def maker(self, mac: str) -> str | None:
        """Return who made the hardware with an address; None if no file says.

        Args:
            mac: Such as "00:11:22:33:44:55".
        """
        number = int(mac.replace(":", ""), 16)
        for bits in self._lengths:
            found = self._prefixes.get((bits, number >> (_MAC_BITS - bits)))
            if found is not None:
                return found
        return None

    def _take_enterprise(self, match: re.Match[str]) -> None:
        number = int(match[1])
        if number <= _NUMBER_MAX and len(self._enterprises) < NAMES_MAX:
            self._enterprises.setdefault(number, match[2].strip())

    def _take_oui(self, match: re.Match[str]) -> None:
        self._take_prefix(int(match[1] + match[2] + match[3], 16), _OUI_BITS, match[4])

    def _take_manuf(self, match: re.Match[str]) -> None:
        digits = re.sub("[:-]", "", match[1])
        bits = int(match[2] or 4 * len(digits))
        if bits <= _MAC_BITS:
            number = int(digits.ljust(12, "0"), 16) >> (_MAC_BITS - bits)
            self._take_prefix(number, bits, match[4] or match[3])

    def _take_prefix(self, number: int, bits: int, name: str) -> None:
        if len(self._prefixes) < NAMES_MAX:
            self._prefixes.setdefault((bits, number), name.strip())
