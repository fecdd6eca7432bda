"""Targets from the command line and from a file: a bad line is told, and loses no other."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from netsonde.model import HostError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: A host name or an address; what else it must be, resolving tells.
_NAME = re.compile(r"[A-Za-z0-9_:](?:[A-Za-z0-9_.:%-]{0,252})")
_LINE_SHOWN_MAX = 40


class Targets(NamedTuple):
    """What a command is to measure."""

    names: tuple[str, ...]
    """In the order given: arguments first, then the file's."""
    places: dict[str, str]
    """Where a name was first seen, for messages: `targets.txt:3`; nothing for arguments."""
    problems: tuple[UsageError, ...]
    """One per malformed line."""


def targets(arguments: Iterable[str], file: str | None) -> Targets:
    """Return the targets of a command.

    Raises:
        UsageError: There is none.
        HostError: The file cannot be read.
    """
    names = list(arguments)
    places: dict[str, str] = {}
    problems: list[UsageError] = []
    for name in names:
        if not _NAME.fullmatch(name):
            problems.append(_problem("", name))
    names = [name for name in names if _NAME.fullmatch(name)]
    if file is not None:
        shown = "standard input" if file == "-" else file
        for number, line in enumerate(_read(file), 1):
            text = line.partition("#")[0].strip()
            if _NAME.fullmatch(text):
                names.append(text)
                places.setdefault(text, f"{shown}:{number}: ")
            elif text:
                problems.append(_problem(f"{shown}:{number}: ", text))
    if not names and not problems:
        hint = "`netsonde demo` needs no target" if file is None else f"{file} has none"
        raise UsageError("no target to measure", hint)
    return Targets(tuple(names), places, tuple(problems))


def _read(file: str) -> list[str]:
    """Return the lines of a file; bytes that are no text become visible escapes."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        message = f"cannot read {file}: {error.strerror}"
        raise HostError(message, "-f takes a text file with one target a line") from None
    return data.decode("utf-8", errors="backslashreplace").removeprefix("\ufeff").splitlines()


def _problem(place: str, text: str) -> UsageError:
    short = text if len(text) <= _LINE_SHOWN_MAX else text[:_LINE_SHOWN_MAX] + "..."
    safe = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in short)
    message = f'{place}expected one host name or address, found "{safe}"'
    return UsageError(message, "one target a line; # starts a comment")
