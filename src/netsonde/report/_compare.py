"""What plain traceroute sees, beside what tnt sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from netsonde.model import Role
from netsonde.report import _words
from netsonde.report._layout import Cell, Column, heading, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsonde.model import Address, PathHop, TntResult, Trace, Tunnel

_LEFT = "plain traceroute"
_RIGHT = "netsonde tnt"
_LEFT_WIDTH = 26
_HIDDEN = "bold magenta"


def compare_lines(trace: Trace, result: TntResult) -> list[Text]:
    """Return two paths to one target side by side, hop by hop.

    Args:
        trace: The path as plain traceroute sees it.
        result: The same path with its tunnels.
    """
    seen = {str(hop.probe_ttl): hop.address for hop in trace.hops}
    lines = [Text().append(f"  hop  {_LEFT:<{_LEFT_WIDTH}}  hop  {_RIGHT}", "dim")]
    for router in result.path:
        text = Text("  ")
        text.append_text(_plain(router.name, seen))
        text.append_text(_revealed(router, result))
        text.rstrip()
        lines.append(text)
    lines += [_told(tunnel) for tunnel in result.tunnels]
    return lines


def summary_lines(shown: Sequence[tuple[str, Trace, TntResult]]) -> list[Text]:
    """Return one line per compared path: what was hidden, what gave it away, what it cost.

    Args:
        shown: Name of each path, its plain trace, and the path with its tunnels.
    """
    columns = [
        Column("path", max([4, *(len(name) for name, _, _ in shown)])),
        Column("plain", 5, "right"),
        Column("hidden", 6, "right"),
        Column("found by", 17),
        Column("revealed by", 11),
    ]
    lines = [heading(columns, "probes")]
    for name, trace, result in shown:
        evidence = dict.fromkeys(_words.evidence(tunnel) for tunnel in result.tunnels)
        methods = dict.fromkeys(
            _words.METHODS[tunnel.method] for tunnel in result.tunnels if tunnel.method
        )
        hidden = len(result.hidden)
        cells = [
            Cell(name),
            Cell(str(len(trace.hops))),
            Cell(str(hidden), _HIDDEN if hidden else "dim"),
            Cell("; ".join(evidence)),
            Cell("; ".join(methods) or "-"),
        ]
        probes = result.sent_trace + result.sent_ping + result.sent_revelation
        lines += line(columns, cells, Cell(str(probes)), 100)
    return lines


def _plain(name: str, seen: dict[str, Address | None]) -> Text:
    if name not in seen:
        return Text(" " * (_LEFT_WIDTH + 7))
    address = seen[name]
    style = "" if address else "dim"
    return (
        Text().append(f"{name:>3}  ").append(f"{address or '*':<{_LEFT_WIDTH}}", style).append("  ")
    )


def _revealed(router: PathHop, result: TntResult) -> Text:
    inside = any(part.role is Role.LSR or part.router.hidden for part in router.parts)
    style = _HIDDEN if router.hidden else "bold green" if router.address == result.target else ""
    text = Text().append(f"{router.name:>3}  ", _HIDDEN if router.hidden else "")
    text.append("│ " if inside else "", _HIDDEN)
    text.append((router.address or "*").ljust(20 - 2 * inside), style if router.address else "dim")
    return text.append(", ".join(_notes(router)), "cyan")


def _notes(router: PathHop) -> list[str]:
    notes = []
    for part in router.parts:
        if part.role is not Role.LSR:
            notes.append(part.role.value)
        if part.router.hidden:
            how = _words.METHODS[part.router.method] if part.router.method else "?"
            notes.append(f"hidden, {how} step {part.router.step}")
    return [*notes, *filter(None, [_words.labels(router.labels)])]


def _told(tunnel: Tunnel) -> Text:
    text = Text("  ").append(_words.CLASSES[tunnel.class_], _HIDDEN)
    return text.append(f": {', '.join(_words.tunnel(tunnel))}")
