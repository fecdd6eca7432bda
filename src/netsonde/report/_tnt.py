"""A path with its tunnels, for people: hidden routers indented under the tunnel that hides them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from netsonde.model import Role
from netsonde.report import _words
from netsonde.report._known import Known, nothing
from netsonde.report._layout import Cell, Column, heading, line
from netsonde.report._path_mtu import path_mtu_lines
from netsonde.report._trace import address_width, extensions, loss, rtt, title

if TYPE_CHECKING:
    from netsonde.model import Attempt, Hop, Membership, PathHop, Tnt

#: What the indentation of a tunnel's routers adds to the width of the address column.
_INDENT = 2
#: From this width on, a second vendor is named.
_WIDE = 100
_TUNNEL = "bold magenta"


def tnt_lines(
    result: Tnt,
    width: int,
    *,
    name: str = "",
    verbose: bool = False,
    known: Known = nothing,
) -> list[Text]:
    """Return a path as lines: one per router, and one over each tunnel that tells what it is.

    Args:
        result: The path and its tunnels.
        width: Columns of the terminal.
        name: What the caller called the target.
        verbose: Tell TTLs, the revelation traces, and those that found no tunnel, too.
        known: What others know of an address.
    """
    path = result.path
    columns = _columns(path, _named_max(width))
    lines = [title("tnt", result.trace, name), heading(columns, "")]
    opened: set[int] = set()
    hops = {hop.probe_ttl: hop for hop in result.trace.hops}
    for index, router in enumerate(path):
        inside = _inside(router)
        if inside is not None and inside not in opened:
            opened.add(inside)
            lines += _tunnel_lines(result, inside, width, verbose=verbose)
        hop = None if router.hidden else hops.get(int(router.name))
        notes = _notes(router, result, hop, verbose=verbose)
        if router.address:
            notes = _words.join([_words.safe(known(router.address)), notes])
        lines += _router_lines(router, result, hop, columns, width, notes=notes)
        following = path[index + 1] if index + 1 < len(path) else None
        for number in _unopened(result, router, following, opened):
            opened.add(number)
            lines += _tunnel_lines(result, number, width, verbose=verbose)
    lines += _failed_lines(result, width) if verbose else []
    return [*lines, *_footer(result, width), *path_mtu_lines(result.trace.path_mtu)]


def _columns(path: tuple[PathHop, ...], named_max: int) -> list[Column]:
    """Return the columns; without a vendor to name (IPv6 has none) that column is left out."""
    vendors = max(len(_words.vendors(router.vendors, named_max)) for router in path) if path else 0
    return [
        Column("hop", 3, "right"),
        Column("address", address_width(router.address for router in path) + _INDENT),
        Column("rtt/ms", 8, "right"),
        Column("loss", 4, "right"),
        Column("<TE,ER>", 9),
        *([Column("vendor", max(6, vendors))] if vendors else []),
    ]


def _named_max(width: int) -> int:
    """Return how many vendors a cell names."""
    return 2 if width >= _WIDE else 1


def _inside(router: PathHop) -> int | None:
    """Return the tunnel under which a router is indented: as LSR, or as a hidden egress."""
    for part in router.parts:
        if part.role is Role.LSR or part.router.hidden:
            return part.tunnel
    return None


def _unopened(
    result: Tnt, router: PathHop, following: PathHop | None, opened: set[int]
) -> list[int]:
    """Return the tunnels that begin at a router and of which no inner router is known."""
    inner = _inside(following) if following else None
    return [
        number
        for number, tunnel in enumerate(result.tunnels)
        if number not in opened
        and number != inner
        and not tunnel.lsrs
        and not router.hidden
        and tunnel.ingress_ttl == int(router.name)
    ]


def _router_lines(
    router: PathHop,
    result: Tnt,
    hop: Hop | None,
    columns: list[Column],
    width: int,
    *,
    notes: str,
) -> list[Text]:
    bar = "│ " if _inside(router) is not None else ""
    address_style = "bold magenta" if router.hidden else ""
    if router.address is None:
        address_style = "dim"
    elif router.address == result.target:
        address_style = "bold green"
    cells = [
        Cell(router.name, _TUNNEL if router.hidden else ""),
        Cell(bar + (router.address or "*"), address_style),
        Cell(rtt(router.rtt_ms)),
        loss(hop) if hop else Cell(""),
        Cell(_words.signature(router.facts), "dim"),
        Cell(_words.vendors(router.vendors, _named_max(width)), "dim"),
    ]
    lines = line(columns, cells[: len(columns)], Cell(notes, "cyan"), width)
    if bar:
        _paint_bar(lines[0])
    return lines


def _paint_bar(text: Text) -> None:
    at = text.plain.index("│")
    text.stylize(_TUNNEL, at, at + 1)


def _notes(router: PathHop, result: Tnt, hop: Hop | None, *, verbose: bool) -> str:
    notes = [_role(part) for part in router.parts if part.role is not Role.LSR]
    notes.append(_words.labels(router.labels))
    if hop and hop.reply:
        notes.append(_words.reply(hop.reply, final=hop.address == result.target))
        notes.append(extensions(hop.reply.extensions, verbose=verbose))
    facts = router.facts
    if verbose and facts:
        te_ttl, er_ttl = (ttl if ttl is not None else "*" for ttl in (facts.te_ttl, facts.er_ttl))
        notes.append(f"TTLs {te_ttl}/{er_ttl}")
        numbers = {"qTTL": facts.quoted_ttl, "FRPLA": facts.frpla, "RTLA": facts.rtla}
        numbers["U-turn"] = facts.uturn
        notes += [f"{what} {number}" for what, number in numbers.items() if number]
        notes += ["reserved"] if facts.reserved else []
        notes += [f"step {part.router.step}" for part in router.parts if part.router.step]
    return _words.join(notes)


def _role(part: Membership) -> str:
    return part.role.value


def _tunnel_lines(result: Tnt, number: int, width: int, *, verbose: bool) -> list[Text]:
    tunnel = result.tunnels[number]
    lead = Column("", 3)
    text = f"{_words.CLASSES[tunnel.class_]}: {', '.join(_words.tunnel(tunnel))}"
    lines = line([lead, Column("", 0)], [Cell(""), Cell("")], Cell(text, _TUNNEL), width)
    lines = [_with_bar(each, "│" if index else "┌") for index, each in enumerate(lines)]
    if verbose:
        for attempt in tunnel.attempts:
            more = line(
                [lead, Column("", 2)], [Cell("")] * 2, Cell(_attempt(attempt), "dim"), width
            )
            lines += [_with_bar(each, "│") for each in more]
    return lines


def _with_bar(text: Text, bar: str) -> Text:
    """Return a line with the mark of its tunnel in the column before the addresses."""
    marked = text.copy()
    marked.plain = text.plain[:5] + bar + text.plain[6:]
    marked.stylize(_TUNNEL, 5, 6)
    return marked


def _attempt(attempt: Attempt) -> str:
    buddy = " (buddy)" if attempt.buddy else ""
    flow = f", flow {attempt.flow}" if attempt.flow else ""
    cost = _words.plural(attempt.sent, "probe") if attempt.sent else "from cache"
    outcome = _words.OUTCOMES[attempt.outcome]
    return f"step {attempt.step}: trace to {attempt.target}{buddy}{flow}: {outcome}, {cost}"


def _failed_lines(result: Tnt, width: int) -> list[Text]:
    lines: list[Text] = []
    for failed in result.failed:
        trigger = _words.TRIGGERS[failed.trigger]
        text = f"no tunnel between {failed.entry} and {failed.exit}, suspected by {trigger}"
        lines += line([], [], Cell(text, "dim"), width)
        for attempt in failed.attempts:
            lines += line([Column("", 2)], [Cell("")], Cell(_attempt(attempt), "dim"), width)
    return lines


def _footer(result: Tnt, width: int) -> list[Text]:
    tunnels, hidden = len(result.tunnels), len(result.hidden)
    words = [_words.stop(result.trace)]
    words.append(_words.plural(tunnels, "tunnel") if tunnels else "no tunnel")
    if hidden:
        words.append(_words.plural(hidden, "hidden router"))
    costs = {
        "trace": result.sent_trace,
        "ping": result.sent_ping,
        "reveal": result.sent_revelation,
    }
    if result.incomplete:
        words.append("cut short")
    words.append(_words.plural(sum(costs.values()), "probe"))
    parts = ", ".join(f"{number} {purpose}" for purpose, number in costs.items())
    style = "green" if result.reached else "yellow"
    return line([], [], Cell(f"{', '.join(words)}: {parts}", style), width)
