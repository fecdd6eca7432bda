"""Where a path grows narrower, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from netsonde.model import MtuSource
from netsonde.report import _words

if TYPE_CHECKING:
    from netsonde.model import MtuChange, PathMtu


def path_mtu_lines(found: PathMtu | None) -> list[Text]:
    """Return one line per narrow place, and one that sums up; none if it was not asked for."""
    if found is None:
        return []
    lines = [
        Text(f"MTU {change.after} from hop {change.probe_ttl}: {_why(change)}", "cyan")
        for change in found.changes
    ]
    if lines:
        first = found.changes[0]
        lines.insert(0, Text(f"MTU {first.before} up to hop {first.probe_ttl - 1}", "cyan"))
    words = [f"path MTU {found.mtu}" if found.mtu else "path MTU not found"]
    if found.incomplete:
        words.append("cut short")
    words.append(_words.plural(found.sent, "probe"))
    return [*lines, Text(", ".join(words), "green" if found.mtu else "yellow")]


def _why(change: MtuChange) -> str:
    if change.router is None:
        return "nobody says so, larger packets vanish"
    if change.found is MtuSource.PACKET_TOO_BIG:
        return f"{change.router} says so"
    said = f"{change.router} says {change.said}" if change.said else f"{change.router} names none"
    return f"{said}, found by trying"
