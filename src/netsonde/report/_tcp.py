"""TCP behaviour for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from netsonde.model import PortState, TcpCause, TcpEdit, TcpFeature, TcpField, TcpFlags
from netsonde.report import _words
from netsonde.report._known import Known, nothing
from netsonde.report._layout import Cell, Column, heading, line
from netsonde.report._trace import address_width, rtt

if TYPE_CHECKING:
    from netsonde.model import TcpChange, TcpHandshake, TcpHop, TcpResult

#: Names of options, by their kind (IANA, "TCP Option Kind Numbers").
_OPTIONS = {
    2: "MSS",
    3: "window scaling",
    4: "SACK",
    8: "timestamps",
    30: "MPTCP",
    34: "Fast Open",
}
_STATES = {
    PortState.OPEN: "open",
    PortState.CLOSED: "closed: the SYN was reset",
    PortState.UNREACHABLE: "unreachable",
    PortState.SILENT: "no answer",
}
_PLAIN = {
    PortState.OPEN: "a SYN without options is answered: the options are not let through",
    PortState.CLOSED: "a SYN without options is reset: the options are not let through",
    PortState.UNREACHABLE: "a SYN without options is unreachable",
    PortState.SILENT: "nor to a SYN without options",
}
_FEATURES = {
    TcpFeature.NOT_OFFERED: "not offered",
    TcpFeature.REFUSED: "no",
    TcpFeature.ACCEPTED: "yes",
    TcpFeature.MIRRORED: "copied from the SYN: no",
}
_CAUSES = {
    TcpCause.MARKING: "marked",
    TcpCause.TRANSLATION: "translated",
    TcpCause.CONSEQUENCE: "follows",
    TcpCause.QUOTE: "in one quote only",
    TcpCause.MIDDLEBOX: "middlebox",
}
_LABEL_WIDTH = 15


def tcp_lines(
    result: TcpResult, width: int, *, name: str = "", verbose: bool = False, known: Known = nothing
) -> list[Text]:
    """Return what a host negotiates, its path, and what was changed on it.

    Args:
        result: The result.
        width: Columns of the terminal.
        name: What the caller called the target.
        verbose: Tell values, what follows from other changes, and what was not offered too.
        known: What others know of an address.
    """
    named = f"{name} ({result.target})" if name and name != result.target else result.target
    lines = [Text().append("tcp to ").append(named, "bold")]
    lines[0].append(f" port {result.destination_port} from {result.source}")
    if note := _words.safe(known(result.target)):
        lines[0].append(f", {note}", "cyan")
    lines += _handshake(result, verbose=verbose)
    if result.hops:
        lines += _path(result, width, known)
    lines += [_change(one) for one in result.changes if verbose or _matters(one)]
    return [*lines, _footer(result)]


def _handshake(result: TcpResult, *, verbose: bool) -> list[Text]:
    shake = result.handshake
    is_open = shake.state is PortState.OPEN
    first = Text("  ").append("port".ljust(_LABEL_WIDTH))
    first.append(_STATES[shake.state], "green" if is_open else "yellow")
    if shake.reply is not None:
        first.append(f", {shake.reply.rtt_ms:.2f} ms")
    if shake.plain is not None:
        first.append(f"; {_PLAIN[shake.plain]}")
    lines = [first]
    if not is_open:
        return lines
    for label, option, feature, more in _features(shake):
        if feature is TcpFeature.NOT_OFFERED and not verbose:
            continue
        text = Text("  ").append(label.ljust(_LABEL_WIDTH)).append(_FEATURES[feature])
        text.append(more)
        gone = result.removal(option) if option else _cleared(result)
        if gone is not None and feature is TcpFeature.REFUSED:
            text.append(f", taken away on the way{_between(gone)}", "magenta")
        lines.append(text)
    size = "none said" if shake.mss is None else str(shake.mss)
    lines.append(Text("  ").append("MSS".ljust(_LABEL_WIDTH)).append(size))
    return lines


def _features(shake: TcpHandshake) -> list[tuple[str, int, TcpFeature, str]]:
    """Return label, kind of option, what became of it, and more of it."""
    version = "" if shake.mptcp_version is None else f", version {shake.mptcp_version}"
    shift = "" if shake.window_shift is None else f", shift {shake.window_shift}"
    rows = (
        ("MPTCP", 30, shake.mptcp, version),
        ("ECN", 0, shake.ecn, ""),
        ("SACK", 4, shake.sack, ""),
        ("timestamps", 8, shake.timestamps, ""),
        ("window scaling", 3, shake.window_scaling, shift),
        ("Fast Open", 34, shake.fast_open, ""),
    )
    return [(label, kind, one, more) for label, kind, one, more in rows if one is not None]


def _cleared(result: TcpResult) -> TcpChange | None:
    """Return the change that takes away the flags of congestion notification, if there is one."""
    flags = (one for one in result.middleboxes if one.field is TcpField.FLAGS)
    return next(flags, None)


def _path(result: TcpResult, width: int, known: Known) -> list[Text]:
    replies = [hop.reply for hop in result.hops if hop.reply is not None]
    columns = [
        Column("hop", 3, "right"),
        Column("address", address_width(reply.responder for reply in replies)),
        Column("rtt/ms", 8, "right"),
        Column("quoted", 9),
    ]
    lines = [heading(columns, "")]
    for hop in result.hops:
        begun = [one for one in result.changes if one.first_ttl == hop.probe_ttl and _matters(one)]
        address = "" if hop.reply is None else hop.reply.responder
        notes = [_words.safe(known(address) if address else ""), *map(_briefly, begun)]
        cells = _cells(hop, result.target)
        lines += line(columns, cells, Cell(_words.join(notes), "cyan"), width)
    return lines


def _cells(hop: TcpHop, target: str) -> list[Cell]:
    number = Cell(str(hop.probe_ttl))
    if hop.reply is None:
        return [number, Cell("*", "dim"), Cell(""), Cell("")]
    address = hop.reply.responder
    return [
        number,
        Cell(address, "bold green" if address == target else ""),
        Cell(rtt(hop.reply.rtt_ms)),
        Cell("" if hop.reach is None else f"{hop.quoted} {hop.reach}"),
    ]


def _matters(change: TcpChange) -> bool:
    return change.cause not in (TcpCause.CONSEQUENCE, TcpCause.QUOTE)


def _change(change: TcpChange) -> Text:
    text = Text("  ").append(_what(change), "magenta").append(_between(change))
    text.append(f", {_CAUSES[change.cause]}")
    return text if change.lasts else text.append(", not seen later on")


def _name(change: TcpChange) -> str:
    if change.option is not None:
        return _OPTIONS.get(change.option, f"option {change.option}")
    return change.field.replace("-", " ")


def _briefly(change: TcpChange) -> str:
    """Return a change without its values, such as "MSS changed"."""
    word = "replaced by padding" if change.edit is TcpEdit.BLANKED else str(change.edit)
    return f"{_name(change)} {word}"


def _what(change: TcpChange) -> str:
    """Return a change in words, such as "MSS 1460 to 1300"."""
    if change.edit is not TcpEdit.CHANGED:
        return _briefly(change)
    if change.field is TcpField.FLAGS:
        return f"flags {_flags(change.sent)} to {_flags(change.quoted)}"
    return f"{_name(change)} {change.sent} to {change.quoted}"


def _flags(number: str | None) -> str:
    """Return the names of flags, such as "SYN|ECE"."""
    return (TcpFlags(int(number)).name or "none") if number and number.isdigit() else "?"


def _between(change: TcpChange) -> str:
    if change.after_ttl is None:
        return f" before hop {change.first_ttl}"
    return f" between hops {change.after_ttl} and {change.first_ttl}"


def _footer(result: TcpResult) -> Text:
    words = []
    if result.stop is not None:
        words.append(_words.STOPS[result.stop])
        made = [one for one in result.changes if _matters(one)]
        words.append(_words.plural(len(made), "change"))
    words.append(_words.plural(result.sent, "probe"))
    words += [_words.plural(result.resets, "reset")] if result.resets else []
    words += ["cut short"] if result.incomplete else []
    return Text(", ".join(words), "green" if result.reached else "yellow")
