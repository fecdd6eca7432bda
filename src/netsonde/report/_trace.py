"""A trace for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from netsonde.model import Interface, Target
from netsonde.report import _words
from netsonde.report._known import Known, nothing
from netsonde.report._layout import Cell, Column, heading, line
from netsonde.report._path_mtu import path_mtu_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsonde.model import Extension, Hop, Reply, Trace, TraceMethod, TraceOptions

_IPV4_WIDTH = 15


def trace_lines(
    trace: Trace, width: int, *, name: str = "", verbose: bool = False, known: Known = nothing
) -> list[Text]:
    """Return a trace as lines: one per hop, and one per further responder of a hop.

    Args:
        trace: The trace.
        width: Columns of the terminal.
        name: What the caller called the target.
        verbose: Tell the TTLs, sizes and the late and duplicate replies too.
        known: What others know of an address.
    """
    table = TraceTable(
        (reply.responder for hop in trace.hops for reply in hop.replies),
        spread=any(len(hop.replies) > 1 for hop in trace.hops),
        verbose=verbose,
        known=known,
    )
    lines = [title("trace", trace, name), table.heading()]
    for hop in trace.hops:
        lines += table.hop_lines(hop, trace.target, width)
    return [*lines, trace_footer(trace, verbose=verbose), *path_mtu_lines(trace.path_mtu)]


class TraceTable:
    """The columns of a trace, for hops that are shown one by one.

    Args:
        addresses: What the column of addresses must hold; an IPv4 address always fits.
        spread: Show least, mean and greatest round-trip time instead of one.
        verbose: Tell TTLs and sizes too.
        known: What others know of an address.
    """

    def __init__(
        self, addresses: Iterable[str], *, spread: bool, verbose: bool, known: Known = nothing
    ) -> None:
        self._spread = spread
        self._known = known
        self._verbose = verbose
        times = ["min", "avg", "max"] if spread else ["rtt/ms"]
        self._columns = [
            Column("hop", 3, "right"),
            Column("address", address_width(addresses)),
            *(Column(time, 8, "right") for time in times),
            Column("loss", 4, "right"),
        ]

    def heading(self) -> Text:
        """Return the line that names the columns."""
        return heading(self._columns, "")

    def hop_lines(self, hop: Hop, target: str, width: int) -> list[Text]:
        """Return the lines of one hop: one per responder, or one for silence."""
        number = Cell(str(hop.probe_ttl))
        if not hop.replies:
            blank = [Cell("")] * (len(self._columns) - 2)
            return line(self._columns, [number, Cell("*", "dim"), *blank], Cell(""), width)
        lines: list[Text] = []
        for address in dict.fromkeys(reply.responder for reply in hop.replies):
            replies = [reply for reply in hop.replies if reply.responder == address]
            cells = [
                number if not lines else Cell(""),
                Cell(address, "bold green" if address == target else ""),
                *_times(replies, spread=self._spread),
                loss(hop) if not lines else Cell(""),
            ]
            notes = [
                _words.safe(self._known(address)),
                _notes(replies[0], final=address == target, verbose=self._verbose),
            ]
            lines += line(self._columns, cells, Cell(_words.join(notes), "cyan"), width)
        return lines


def trace_footer(trace: Trace, *, verbose: bool = False) -> Text:
    """Return the line that tells how a trace ended."""
    words = [_words.stop(trace), _words.plural(trace.sent, "probe")]
    words.append(_words.duration(trace.duration_ms))
    if verbose:
        words += [f"{trace.duplicates} duplicate", f"{trace.late} late"]
    return Text(", ".join(words), "green" if trace.reached else "yellow")


def trace_heading(target: Target, options: TraceOptions, *, name: str = "") -> Text:
    """Return the first line of a trace that is to come."""
    return _title("trace", target, options.method, options.flow, name)


def title(kind: str, trace: Trace, name: str) -> Text:
    """Return the first line of a trace or tnt."""
    target = Target(address=trace.target, source=trace.source)
    return _title(kind, target, trace.method, trace.flow, name)


def address_width(addresses: Iterable[str | None]) -> int:
    """Return the width of a column that holds these addresses, and any IPv4 address."""
    return max([_IPV4_WIDTH, *(len(address) for address in addresses if address)])


def loss(hop: Hop) -> Cell:
    """Return the loss of a hop; nothing where there is none, or nothing but silence."""
    if not hop.replies or not hop.loss:
        return Cell("")
    return Cell(f"{hop.loss:.0%}", "yellow")


def rtt(ms: float | None) -> str:
    """Return a round-trip time, in milliseconds."""
    return "" if ms is None else f"{ms:.2f}"


def extensions(objects: tuple[Extension, ...], *, verbose: bool = False) -> str:
    """Return what further ICMP extension objects say.

    Args:
        objects: The objects, in order.
        verbose: Tell the bytes of unknown ones too.
    """
    return ", ".join(_extension(each, verbose=verbose) for each in objects)


def _title(kind: str, target: Target, method: TraceMethod, flow: int, name: str) -> Text:
    address = target.address
    named = f"{name} ({address})" if name and name != address else address
    text = Text().append(f"{kind} to ").append(named, "bold").append(f" from {target.source}")
    return text.append(f", {method}" + (f", flow {flow}" if flow else ""), "dim")


def _times(replies: list[Reply], *, spread: bool) -> list[Cell]:
    times = [reply.rtt_ms for reply in replies]
    if not spread:
        return [Cell(rtt(times[0]))]
    return [Cell(rtt(time)) for time in (min(times), sum(times) / len(times), max(times))]


def _notes(reply: Reply, *, final: bool, verbose: bool) -> str:
    notes = [
        _words.reply(reply, final=final),
        _words.labels(reply.labels),
        extensions(reply.extensions, verbose=verbose),
    ]
    if verbose:
        notes += [
            f"TTL {reply.reply_ttl}" if reply.reply_ttl is not None else "",
            f"quoted TTL {reply.quoted_ttl}" if reply.quoted_ttl is not None else "",
            f"{reply.size} bytes",
        ]
    return _words.join(notes)


def _extension(extension: Extension, *, verbose: bool) -> str:
    if not isinstance(extension, Interface):
        name = f"object {extension.class_}/{extension.c_type}"
        return f"{name} {extension.payload}".rstrip() if verbose else name
    roles = ("in", "sub-IP in", "out", "next hop")
    role = roles[extension.role] if extension.role < len(roles) else f"role {extension.role}"
    parts = [
        _words.safe(extension.name or ""),
        f"#{extension.if_index}" if extension.if_index is not None else "",
        extension.address or "",
        f"MTU {extension.mtu}" if extension.mtu is not None else "",
    ]
    return " ".join((f"{role}:", *(part for part in parts if part)))
