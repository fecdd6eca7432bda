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
    source: str | None = None,
) -> Targets:
    """Return the targets of a command.

    Args:
        arguments: Those of the command line.
        file: A file with more; `-` is standard input.
        family: The only family that is welcome.
        selections: For prefixes that say nothing themselves.
        source: Results whose routers are targets, too.

    Raises:
        UsageError: There is none.
        HostError: The file cannot be read.
        FormatError: The results are damaged.
    """
    found = TargetList(family, selections or Selections())
    found.add(arguments)
    if file is not None:
        found.add_file(file)
    if source is not None:
        from netsonde.store import router_addresses  # noqa: PLC0415 - few ask for it

        found.add_addresses(_of_family(router_addresses(source), family))
    if found.is_empty and not found.problem_count:
        named = file or source
        hint = "`netsonde demo` needs no target" if named is None else f"{named} has none"
        raise UsageError("no target to measure", hint)
    # What results show and nobody may probe is left out and counted, not told one by one.
    if found.plain is None or source is not None:
        return Targets((), {}, found.problems, found)
    places: dict[str, str] = {}
    for text, place in found.plain:
        if place:
            places.setdefault(text, place)
    return Targets(tuple(text for text, _ in found.plain), places, found.problems)


def _of_family(addresses: Iterable[str], family: Literal[4, 6] | None) -> Iterable[str]:
    """Leave out the addresses of the other family: nobody wrote them down as targets."""
    return (one for one in addresses if family in (None, 6 if ":" in one else 4))
