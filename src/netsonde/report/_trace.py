"""A trace for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from netsonde.model import Interface
from netsonde.report import _words
from netsonde.report._layout import Cell, Column, heading, line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsonde.model import Extension, Hop, Reply, Trace

_IPV4_WIDTH = 15


def trace_lines(trace: Trace, width: int, *, name: str = "", verbose: bool = False) -> list[Text]:
    """Return a trace as lines: one per hop, and one per further responder of a hop.

    Args:
        trace: The trace.
        width: Columns of the terminal.
        name: What the caller called the target.
        verbose: Tell the TTLs, sizes and the late and duplicate replies too.
    """
    spread = any(len(hop.replies) > 1 for hop in trace.hops)
    columns = _columns(trace, spread=spread)
    lines = [title("trace", trace, name), heading(columns, "")]
    for hop in trace.hops:
        lines += _hop_lines(hop, trace, columns, width, spread=spread, verbose=verbose)
    lines.append(_footer(trace, verbose=verbose))
    return lines


def title(kind: str, trace: Trace, name: str) -> Text:
    """Return the first line of a trace or tnt."""
    target = f"{name} ({trace.target})" if name and name != trace.target else trace.target
    text = Text().append(f"{kind} to ").append(target, "bold").append(f" from {trace.source}")
    return text.append(f", {trace.method}" + (f", flow {trace.flow}" if trace.flow else ""), "dim")


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


def extensions(objects: tuple[Extension, ...]) -> str:
    """Return what further ICMP extension objects say."""
    return ", ".join(map(_extension, objects))


def _columns(trace: Trace, *, spread: bool) -> list[Column]:
    addresses = [reply.responder for hop in trace.hops for reply in hop.replies]
    times = ["min", "avg", "max"] if spread else ["rtt/ms"]
    return [
        Column("hop", 3, "right"),
        Column("address", address_width(addresses)),
        *(Column(time, 8, "right") for time in times),
        Column("loss", 4, "right"),
    ]


def _hop_lines(
    hop: Hop, trace: Trace, columns: list[Column], width: int, *, spread: bool, verbose: bool
) -> list[Text]:
    number = Cell(str(hop.probe_ttl))
    if not hop.replies:
        blank = [Cell("")] * (len(columns) - 2)
        return line(columns, [number, Cell("*", "dim"), *blank], Cell(""), width)
    lines: list[Text] = []
    for address in dict.fromkeys(reply.responder for reply in hop.replies):
        replies = [reply for reply in hop.replies if reply.responder == address]
        cells = [
            number if not lines else Cell(""),
            Cell(address, "bold green" if address == trace.target else ""),
            *_times(replies, spread=spread),
            loss(hop) if not lines else Cell(""),
        ]
        notes = _notes(replies[0], final=address == trace.target, verbose=verbose)
        lines += line(columns, cells, Cell(notes, "cyan"), width)
    return lines


def _times(replies: list[Reply], *, spread: bool) -> list[Cell]:
    times = [reply.rtt_ms for reply in replies]
    if not spread:
        return [Cell(rtt(times[0]))]
    return [Cell(rtt(time)) for time in (min(times), sum(times) / len(times), max(times))]


def _notes(reply: Reply, *, final: bool, verbose: bool) -> str:
    notes = [
        _words.reply(reply, final=final),
        _words.labels(reply.labels),
        extensions(reply.extensions),
    ]
    if verbose:
        notes += [
            f"TTL {reply.reply_ttl}" if reply.reply_ttl is not None else "",
            f"quoted TTL {reply.quoted_ttl}" if reply.quoted_ttl is not None else "",
            f"{reply.size} bytes",
        ]
    return ", ".join(note for note in notes if note)


def _footer(trace: Trace, *, verbose: bool) -> Text:
    words = [_words.stop(trace), _words.plural(trace.sent, "probe")]
    words.append(_words.duration(trace.duration_ms))
    if verbose:
        words += [f"{trace.duplicates} duplicate", f"{trace.late} late"]
    return Text(", ".join(words), "green" if trace.reached else "yellow")


def _extension(extension: Extension) -> str:
    if not isinstance(extension, Interface):
        return f"object {extension.class_}/{extension.c_type}"
    roles = ("in", "sub-IP in", "out", "next hop")
    role = roles[extension.role] if extension.role < len(roles) else f"role {extension.role}"
    parts = [
        _words.safe(extension.name or ""),
        f"#{extension.if_index}" if extension.if_index is not None else "",
        extension.address or "",
        f"MTU {extension.mtu}" if extension.mtu is not None else "",
    ]
    return " ".join((f"{role}:", *(part for part in parts if part)))
