"""Do-not-probe lists: prefixes to which nothing is sent, whoever asks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from netsonde import _core
from netsonde.model import HostError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Prefixes of one run at most: more would not fit the memory of an engine's process.
EXCLUDED_MAX = 1_000_000
_LINE_SHOWN_MAX = 40
_HINT = "one prefix or address a line, such as 5.9.0.0/16; # starts a comment"


def default_file() -> Path:
    """Return the file that holds on this host for every measurement, if it exists."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "netsonde" / "exclude"


def exclusions(given: Iterable[str | Path], *, default: bool) -> tuple[str, ...]:
    """Return the prefixes to which nothing may be sent, in canonical text.

    A list with an error excludes nothing for sure, so one bad line refuses the whole.

    Args:
        given: Prefixes or addresses as text, and files of them: a path, or text that is no
            prefix.
        default: Whether the file that holds on this host is read too.

    Raises:
        UsageError: Something is no prefix; the message names file and line.
        HostError: A file cannot be read.
    """
    found: list[str] = []
    for one in given:
        found += _lines(one) if isinstance(one, Path) else _text(one)
    if default and (file := default_file()).exists():
        found += _lines(file)
    if len(found) > EXCLUDED_MAX:
        message = f"{len(found)} prefixes are excluded, and {EXCLUDED_MAX} are the most"
        raise UsageError(message, "join neighbours into shorter prefixes")
    return tuple(found)


def _text(text: str) -> list[str]:
    try:
        return [_core.read_prefix(text)]
    except ValueError as error:
        if Path(text).exists():
            return list(_lines(Path(text)))
        message = f'exclude: expected a file, or {error}, found "{text}"'
        raise UsageError(message, _HINT) from None


def _lines(file: Path) -> Iterator[str]:
    try:
        data = file.read_bytes()
    except OSError as error:
        message = f"cannot read {file}: {error.strerror}"
        raise HostError(message, "exclude takes a prefix or a text file of prefixes") from None
    text = data.decode("utf-8", errors="backslashreplace").removeprefix("\ufeff")
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.partition("#")[0].strip()
        if not bare:
            continue
        try:
            yield _core.read_prefix(bare)
        except ValueError as error:
            shown = bare if len(bare) <= _LINE_SHOWN_MAX else bare[:_LINE_SHOWN_MAX] + "..."
            raise UsageError(f'{file}:{number}: expected {error}, found "{shown}"', _HINT) from None
