"""Where events go: as tables for people. Other forms, in `_forms`, do without their library."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msgspec import structs
from rich.text import Text

from netsonde.model import (
    AliasResult,
    Done,
    FingerprintResult,
    HopSettled,
    Kind,
    MultipathResult,
    PingReply,
    PingResult,
    Privilege,
    Start,
    TcpResult,
    TntResult,
    TraceMethod,
    TraceResult,
)
from netsonde.report import (
    Printer,
    TraceTable,
    alias_lines,
    counters_line,
    fingerprint_lines,
    multipath_lines,
    path_mtu_lines,
    ping_heading,
    ping_lines,
    ping_reply_line,
    tcp_lines,
    tnt_lines,
    trace_footer,
    trace_heading,
    trace_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsonde.measure import Line, Request, Resolved
    from netsonde.model import Annotation, Event, Identification, Result

#: As long as most router addresses are; a longer one pushes the rest of its line.
_IPV6_USUAL = "2001:db8:1234:5678::1234"


class TableShow:
    """Prints results as tables.

    Args:
        asked: What is measured. With one target, ping replies and hops of a trace are printed as
            they come; those of many would mix.
        resolved: The targets, and what the caller called them.
        verbose: Tell more.
        apart: Something else was printed before, and what this cost is to be told.
    """

    def __init__(
        self, asked: Request, resolved: Resolved, *, verbose: bool, apart: bool = False
    ) -> None:
        self._asked = asked
        self._targets = resolved.targets
        self._names = resolved.names
        self._live = asked.kind in (Kind.PING, Kind.TRACE) and len(resolved.targets) == 1
        self._verbose = verbose
        self._printer = Printer(sys.stdout)
        self._shown = int(apart)
        self._apart = apart
        self._sent = 0
        self._held: dict[str, list[Text]] = {}
        self._identified: dict[str, tuple[Identification, ...]] = {}
        # Live, nobody knows yet how long the addresses will be.
        addresses = [_IPV6_USUAL if ":" in target.address else "" for target in self._targets]
        spread = asked.trace.all_attempts
        self._known: dict[str, str] = {}
        self._table = TraceTable(addresses, spread=spread, verbose=verbose, known=self._note)

    def annotate(self, learned: Iterable[Annotation]) -> None:
        """Remember it, for the lines of these addresses."""
        self._known |= {each.address: str(each) for each in learned}

    def identify(self, found: Iterable[Identification]) -> None:
        """Remember it, for the lines of the address."""
        all_ = tuple(found)
        self._identified = {each.address: all_ for each in all_}

    def show(self, line: Line) -> None:
        """Print one event, if people want it."""
        lines = self._lines(line.event)
        if not lines:
            return
        if self._apart and isinstance(line.event, FingerprintResult):
            self._held[line.event.target] = lines
            return
        self._printer.print(lines)
        sys.stdout.flush()

    def close(self) -> None:
        """Tell what came after something else, in the order of its targets, and what it cost."""
        if self._apart:
            for target in self._targets:
                self._printer.print(self._held.get(target.address, []))
            line = f"fingerprints: routers {len(self._targets)}, probes sent {self._sent}"
            self._printer.print([Text(""), Text(line)])

    def _note(self, address: str) -> str:
        return self._known.get(address, "")

    def _lines(self, event: Event) -> list[Text]:
        match event:
            case Start():
                heading = self._heading(event.privilege) if self._live else []
                return self._links(event) + heading
            case PingReply() if self._live:
                return [ping_reply_line(event)]
            case HopSettled() if self._live:
                return self._table.hop_lines(event.hop, event.target, self._printer.width)
            case (
                PingResult()
                | TraceResult()
                | TntResult()
                | AliasResult()
                | MultipathResult()
                | FingerprintResult()
                | TcpResult()
            ):
                self._shown += 1
                apart = [Text("")] if self._shown > 1 else []
                return apart + self._result_lines(event)
            case Done() if self._verbose:
                return [counters_line(event.counters)]
        return []

    def _heading(self, privilege: Privilege) -> list[Text]:
        (target,) = self._targets
        name, options = self._names[target.address], self._asked.trace
        if self._asked.kind is Kind.PING:
            heading = ping_heading(target, self._asked.ping.method, name=name)
        else:
            if privilege is Privilege.NONE:
                # The only traces that UDP sockets can make, whatever was asked for.
                options = structs.replace(options, method=TraceMethod.UDP_PARIS)
            heading = trace_heading(target, options, name=name)
        if privilege is Privilege.NONE:
            heading.append(", without privilege", "dim")
        return [heading] if self._asked.kind is Kind.PING else [heading, self._table.heading()]

    def _links(self, start: Start) -> list[Text]:
        """Say by which ways packets may leave, if people want to know."""
        if not self._verbose or not start.links:
            return []
        return [Text(f"link: {', '.join(map(str, start.links))}", "dim")]

    def _result_lines(self, result: Result) -> list[Text]:  # noqa: PLR0911 - one per kind
        width, verbose = self._printer.width, self._verbose
        if isinstance(result, AliasResult):
            return alias_lines(result, width, verbose=verbose, known=self._note)
        name = self._names.get(result.target, "")
        match result:
            case PingResult():
                return ping_lines(result, name=name, live=self._live, known=self._note)
            case TraceResult() if self._live:
                return [
                    trace_footer(result, verbose=self._verbose),
                    *path_mtu_lines(result.path_mtu),
                ]
            case TraceResult():
                return trace_lines(result, width, name=name, verbose=verbose, known=self._note)
            case TntResult():
                return tnt_lines(result, width, name=name, verbose=verbose, known=self._note)
            case FingerprintResult():
                self._sent += result.sent
                identified = self._identified.get(result.target, ())
                return fingerprint_lines(
                    result, name=name, verbose=verbose, known=self._note, identified=identified
                )
            case TcpResult():
                return tcp_lines(result, width, name=name, verbose=verbose, known=self._note)
            case MultipathResult():
                return multipath_lines(result, width, name=name, verbose=verbose, known=self._note)
