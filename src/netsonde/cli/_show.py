"""Where events go: as they are, or as tables for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from rich.text import Text

from netsonde.model import Done, PingReply, PingResult, TntResult, TraceResult
from netsonde.report import (
    Printer,
    counters_line,
    ping_lines,
    ping_reply_line,
    tnt_lines,
    trace_lines,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsonde.measure import Line
    from netsonde.model import Event


class Show(Protocol):
    """Takes the events of a job, in order."""

    def show(self, line: Line) -> None:
        """Take one event."""


class JsonShow:
    """Prints each event as it came, one JSON object a line."""

    def show(self, line: Line) -> None:
        """Print one event, at once: whoever reads may act on it."""
        sys.stdout.write(line.raw.decode() + "\n")
        sys.stdout.flush()


class TableShow:
    """Prints results as tables.

    Args:
        names: What the caller called each address.
        live: Print ping replies as they come; with many targets they would mix.
        verbose: Tell more.
    """

    def __init__(self, names: Mapping[str, str], *, live: bool, verbose: bool) -> None:
        self._names = names
        self._live = live
        self._verbose = verbose
        self._printer = Printer(sys.stdout)
        self._shown = 0

    def show(self, line: Line) -> None:
        """Print one event, if people want it."""
        lines = self._lines(line.event)
        if not lines:
            return
        self._printer.print(lines)
        sys.stdout.flush()

    def _lines(self, event: Event) -> list[Text]:
        verbose, width = self._verbose, self._printer.width
        match event:
            case PingReply() if self._live:
                return [ping_reply_line(event)]
            case PingResult():
                name = self._names.get(event.target, "")
                return self._apart(ping_lines(event, name=name, replies=not self._live))
            case TraceResult():
                name = self._names.get(event.target, "")
                return self._apart(trace_lines(event, width, name=name, verbose=verbose))
            case TntResult():
                name = self._names.get(event.target, "")
                return self._apart(tnt_lines(event, width, name=name, verbose=verbose))
            case Done() if verbose:
                return [counters_line(event.counters)]
        return []

    def _apart(self, lines: list[Text]) -> list[Text]:
        """Put an empty line between results."""
        self._shown += 1
        return [Text(""), *lines] if self._shown > 1 else lines
