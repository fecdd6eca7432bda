"""Targets as they are written down, by the million: addresses, prefixes and host names."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from netsonde import _core
from netsonde.model import HostError, UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from typing import BinaryIO

    from netsonde.measure._resolve import Family

#: Bytes of a file read at once; a longer line is refused.
BLOCK_BYTES = 1 << 18
#: Addresses taken at once from whoever gives many.
BLOCK_ADDRESSES = 4_096
#: Malformed lines that are told one by one; the others are counted.
PROBLEMS_MAX = 1_000
#: Plain targets that are also kept as they were written, in order.
PLAIN_MAX = 1_000
#: Host names of one run at most: each costs memory, unlike addresses.
NAMES_MAX = 1_000_000

#: A host name or an address; what else it must be, resolving tells.
_NAME = re.compile(r"[A-Za-z0-9_:](?:[A-Za-z0-9_.:%-]{0,252})")
_LINE_SHOWN_MAX = 40
#: What the core takes for blanks around a line.
_BLANKS = b" \t\n\x0c\r"
_IPV4_BITS = 32


class Name(NamedTuple):
    """What is to be resolved."""

    text: str
    """A host name, or an address that only resolving can refuse in words."""
    place: str
    """Where it was written, for messages: `targets.txt:3: `; empty for arguments."""


class Selections(NamedTuple):
    """Which addresses of a prefix are targets, where a line does not say."""

    v4: str = "all"
    """As in a line: `all`, or `each=24`, with `host=N` or `host=random`."""
    v6: str = "all"
    """The same for IPv6."""


class TargetList:
    """Targets being gathered. Addresses and prefixes go into packed form at once.

    Args:
        family: The only family that is welcome; None for both.
        selections: For prefixes that say nothing themselves.

    Raises:
        UsageError: A selection cannot be.
    """

    def __init__(self, family: Family = None, selections: Selections | None = None) -> None:
        self._plain: list[Name] | None = []
        self._names: dict[str, str] = {}
        self._problems: list[UsageError] = []
        self._problems_more = 0
        self.line_count = 0
        """Lines and texts read so far."""
        chosen = selections or Selections()
        try:
            self.space = _core.TargetSpace(family=family, v4=chosen.v4, v6=chosen.v6)
            """What is neither a name nor a problem."""
        except ValueError as error:
            message = f"targets: expected {error}, found {chosen.v4}, {chosen.v6}"
            raise UsageError(message, "each=24 takes one address of each /24") from None

    @property
    def plain(self) -> tuple[Name, ...] | None:
        """Every target as it was written, if there are few, and no prefix is among them."""
        return None if self._plain is None else tuple(self._plain)

    @property
    def names(self) -> tuple[Name, ...]:
        """Host names, each once, in order."""
        return tuple(Name(text, place) for text, place in self._names.items())

    @property
    def problems(self) -> tuple[UsageError, ...]:
        """One per malformed line, `PROBLEMS_MAX` at most."""
        return tuple(self._problems)

    @property
    def problem_count(self) -> int:
        """How many lines were malformed."""
        return len(self._problems) + self._problems_more

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to measure."""
        return not self._names and not self.space.count

    def add(self, texts: Iterable[str], place: str = "") -> None:
        """Add targets, each written as in a line of a file.

        Args:
            texts: The targets.
            place: Where they stand, for messages; `NUMBER` in it becomes that of a text.
        """
        for number, text in enumerate(texts, 1):
            self._read(
                text.replace("\n", " ").encode() + b"\n", place.replace("NUMBER", str(number))
            )

    def add_addresses(self, addresses: Iterable[str]) -> None:
        """Add addresses of which there may be very many, without a place for messages."""
        each = iter(addresses)
        while block := "\n".join(islice(each, BLOCK_ADDRESSES)):
            self._read(block.encode() + b"\n", "")

    def add_file(self, file: str) -> None:
        """Add the lines of a file, which is never in memory as a whole.

        Args:
            file: Its path; `-` is standard input.

        Raises:
            HostError: It cannot be read.
        """
        shown = "standard input" if file == "-" else file
        with _opened(file) as stream:
            number, rest = 0, b""
            while block := stream.read(BLOCK_BYTES):
                if not number and not rest:
                    block = block.removeprefix(b"\xef\xbb\xbf")
                whole, end, rest = (rest + block).rpartition(b"\n")
                number += self._read(whole + end, f"{shown}:LINE: ", number)
                if len(rest) > BLOCK_BYTES:
                    message = f"{shown}:{number + 1}: a line of more than {BLOCK_BYTES} bytes"
                    raise UsageError(message, "one target a line; # starts a comment")
            self._read(rest, f"{shown}:LINE: ", number)

    def _read(self, text: bytes, place: str, before: int = 0) -> int:
        """Read whole lines, `LINE` in `place` standing for their number; return how many."""
        self._keep(text, place, before)
        lines, left = self.space.read(text)
        for line, raw, expected in left:
            found = raw.decode(errors="backslashreplace")
            here = place.replace("LINE", str(before + line + 1))
            if expected is None and _NAME.fullmatch(found) and len(self._names) < NAMES_MAX:
                self._names.setdefault(found, here)
            else:
                self._refuse(here, expected or "one address, prefix or host name", found)
        self.line_count += lines
        return lines

    def _keep(self, text: bytes, place: str, before: int) -> None:
        """Keep plain targets as they were written, while there are few."""
        if self._plain is None:
            return
        for number, line in enumerate(text.split(b"\n"), before + 1):
            bare = line.partition(b"#")[0].strip(_BLANKS).decode(errors="replace")
            if not bare:
                continue
            if "/" in bare or len(self._plain) == PLAIN_MAX:
                self._plain = None
                return
            if _NAME.fullmatch(bare):
                self._plain.append(Name(bare, place.replace("LINE", str(number))))

    def _refuse(self, place: str, expected: str, found: str) -> None:
        if len(self._problems) == PROBLEMS_MAX:
            self._problems_more += 1
            return
        short = found if len(found) <= _LINE_SHOWN_MAX else found[:_LINE_SHOWN_MAX] + "..."
        safe = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in short)
        message = f'{place}expected {expected}, found "{safe}"'
        self._problems.append(UsageError(message, "one target a line; # starts a comment"))


def selections(each: Iterable[int], host: str | None = None) -> Selections:
    """Return what prefixes give that say nothing themselves.

    Args:
        each: Lengths of the prefixes that give one address each: up to 32 for IPv4, above for
            IPv6. A family without one gives every address.
        host: Which address: its number in the prefix, or `random`; the first host if None.
    """
    which = f" host={host}" if host is not None else ""
    v4 = v6 = "all"
    for length in each:
        if length <= _IPV4_BITS:
            v4 = f"each={length}{which}"
        else:
            v6 = f"each={length}{which}"
    if host is not None and v4 == v6:
        raise UsageError("host says which address of a prefix stands for it", "give each too")
    return Selections(v4, v6)


@contextmanager
def _opened(file: str) -> Generator[BinaryIO, None, None]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(file).open("rb") as stream:
            yield stream
    except OSError as error:
        raise _unreadable(file, error) from None


def _unreadable(file: str, error: OSError) -> HostError:
    message = f"cannot read {file}: {error.strerror}"
    return HostError(message, "-f takes a text file with one target a line")
