"""Where events go: as they are, or as tables for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from rich.text import Text

from netsonde.model import Done, Kind, PingReply, PingResult, Start, TntResult, TraceResult
from netsonde.report import (
    Printer,
    counters_line,
    ping_heading,
    ping_lines,
    ping_reply_line,
    tnt_lines,
    trace_lines,
)

if TYPE_CHECKING:
    from netsonde.measure import Line, Request, Resolved
    from netsonde.model import Event, Result


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
        asked: What is measured. With one target ping replies are printed as they come; those
            of many would mix.
        resolved: The targets, and what the caller called them.
        verbose: Tell more.
    """

    def __init__(self, asked: Request, resolved: Resolved, *, verbose: bool) -> None:
        self._asked = asked
        self._targets = resolved.targets
        self._names = resolved.names
        self._live = asked.kind is Kind.PING and len(resolved.targets) == 1
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
        match event:
            case Start() if self._live:
                (target,) = self._targets
                name = self._names[target.address]
                return [ping_heading(target, self._asked.ping.method, name=name)]
            case PingReply() if self._live:
                return [ping_reply_line(event)]
            case PingResult() | TraceResult() | TntResult():
                self._shown += 1
                apart = [Text("")] if self._shown > 1 else []
                return apart + self._result_lines(event)
            case Done() if self._verbose:
                return [counters_line(event.counters)]
        return []

    def _result_lines(self, result: Result) -> list[Text]:
        name, width = self._names.get(result.target, ""), self._printer.width
        match result:
            case PingResult():
                return ping_lines(result, name=name, live=self._live)
            case TraceResult():
                return trace_lines(result, width, name=name, verbose=self._verbose)
            case TntResult():
                return tnt_lines(result, width, name=name, verbose=self._verbose)
