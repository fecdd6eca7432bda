"""Targets from the command line and from a file: a bad line is told, and loses no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netsonde.measure import Selections, TargetList
from netsonde.model import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal


class Targets(NamedTuple):
    """What a command is to measure."""

    names: tuple[str, ...]
    """In the order given: arguments first, then the file's. None of them if they are many."""
    places: dict[str, str]
    """Where a name was first seen, for messages: `targets.txt:3`; nothing for arguments."""
    problems: tuple[UsageError, ...]
    """One per malformed line."""
    many: TargetList | None = None
    """What is more than a few plain names: prefixes, or long files."""


def targets(
    arguments: Iterable[str],
    file: str | None,
    *,
    family: Literal[4, 6] | None = None,
    selections: Selections | None = None,
) -> Targets:
    """Return the targets of a command.

    Args:
        arguments: Those of the command line.
        file: A file with more; `-` is standard input.
        family: The only family that is welcome.
        selections: For prefixes that say nothing themselves.

    Raises:
        UsageError: There is none.
        HostError: The file cannot be read.
    """
    found = TargetList(family, selections or Selections())
    found.add(arguments)
    if file is not None:
        found.add_file(file)
    if found.is_empty and not found.problem_count:
        hint = "`netsonde demo` needs no target" if file is None else f"{file} has none"
        raise UsageError("no target to measure", hint)
    if found.plain is None:
        return Targets((), {}, found.problems, found)
    places: dict[str, str] = {}
    for text, place in found.plain:
        if place:
            places.setdefault(text, place)
    return Targets(tuple(text for text, _ in found.plain), places, found.problems)
