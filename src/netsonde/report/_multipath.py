"""All paths to a target, for people: one line per router, hops with several of them lettered."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from netsonde.model import BalancerKind, NodeEnd, Target
from netsonde.report import _words
from netsonde.report._layout import Cell, Column, heading, line
from netsonde.report._tnt import tnt_lines
from netsonde.report._trace import address_width, extensions, rtt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netsonde.model import BranchPoint, Diamond, MultipathResult, Reply

_BRANCH = "bold magenta"
#: Next hops that are named one by one; of more there is only the number.
_NAMED_MAX = 8

_KINDS = {
    BalancerKind.PER_FLOW: "per flow",
    BalancerKind.PER_PACKET: "per packet",
    BalancerKind.PER_DESTINATION: "per destination",
    BalancerKind.UNKNOWN: "balancer not known",
}
_ENDS = {
    NodeEnd.UNREACHABLE: "refuses to forward",
    NodeEnd.GAP_LIMIT: "too many silent hops in a row",
    NodeEnd.LOOP_LIMIT: "the path loops",
    NodeEnd.LAST_TTL: "last TTL",
}


def multipath_lines(
    result: MultipathResult,
    width: int,
    *,
    name: str = "",
    verbose: bool = False,
    known: Callable[[str], str] = lambda _: "",
) -> list[Text]:
    """Return all paths as lines: one per router, then one per diamond, then what it cost.

    Args:
        result: The paths.
        width: Columns of the terminal.
        name: What the caller called the target.
        verbose: Tell what each hop cost, and the ports of the flows, too.
        known: Says what else is known of an address.
    """
    names = node_names(result)
    columns = [
        Column("hop", 3, "right"),
        Column("", max(len(letters(names[index])) for index in range(len(names))) if names else 0),
        Column("address", address_width(node.address for node in result.nodes)),
        Column("rtt/ms", 8, "right"),
        Column("flows", 5, "right"),
    ]
    lines = [_title(result, name), heading(columns, "next")]
    for branch in result.branches:
        if branch.node is None:
            lines += line([], [], Cell(_branch(branch), _BRANCH), width)
    table = _Table(result, names, columns, known)
    for index in range(len(result.nodes)):
        lines += table.node_lines(index, width)
    for number, diamond in enumerate(result.diamonds, 1):
        lines += line([], [], Cell(f"diamond {number}: {_diamond(diamond)}", _BRANCH), width)
    lines += _verbose_lines(result, width) if verbose else []
    for branch_tunnels in result.tnt:
        if branch_tunnels.result.tunnels or verbose:
            lines += [Text(""), Text(f"along flow {branch_tunnels.flow}:", _BRANCH)]
            lines += tnt_lines(branch_tunnels.result, width, verbose=verbose, known=known)
    return [*lines, *_footer(result, width)]


def node_names(result: MultipathResult) -> list[str]:
    """Return a name for each node: its TTL, and a letter where there are several."""
    counts = Counter(node.ttl for node in result.nodes)
    seen: Counter[int] = Counter()
    names = []
    for node in result.nodes:
        letter = _letter(seen[node.ttl]) if counts[node.ttl] > 1 else ""
        seen[node.ttl] += 1
        names.append(f"{node.ttl}{letter}")
    return names


def letters(name: str) -> str:
    """Return the letters of a node's name."""
    return name.lstrip("0123456789")


def _letter(number: int) -> str:
    """Return a, b, ... z, aa, ab, ..."""
    text = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        text = chr(ord("a") + digit) + text
    return text


def _title(result: MultipathResult, name: str) -> Text:
    target = Target(address=result.target, source=result.source)
    named = f"{name} ({target.address})" if name and name != target.address else target.address
    text = Text().append("multipath to ").append(named, "bold").append(f" from {target.source}")
    how = f", {result.method}, {result.algorithm}, confidence {result.confidence:g} %"
    return text.append(how, "dim")


class _Table(NamedTuple):
    """What the line of a node is made from."""

    result: MultipathResult
    names: list[str]
    columns: Sequence[Column]
    known: Callable[[str], str]

    def node_lines(self, index: int, width: int) -> list[Text]:
        """Return the lines of one node."""
        node, letter = self.result.nodes[index], letters(self.names[index])
        replies = self.result.replies(index)
        style = "dim" if node.address is None else ""
        if node.end is NodeEnd.DESTINATION:
            style = "bold green"
        cells = [
            Cell(str(node.ttl) if letter in ("", "a") else ""),
            Cell(letter, _BRANCH),
            Cell(node.address or "*", style),
            Cell(rtt(min((reply.rtt_ms for reply in replies), default=None))),
            Cell(str(len(node.flows)), "dim"),
        ]
        text = ", ".join(note for note in self._notes(index, replies) if note)
        return line(self.columns, cells, Cell(text, "cyan"), width)

    def _notes(self, index: int, replies: tuple[Reply, ...]) -> list[str]:
        node = self.result.nodes[index]
        branch = next((each for each in self.result.branches if each.node == index), None)
        notes = [
            self._next(index),
            _branch(branch) if branch else "",
            _ENDS.get(node.end, "") if node.end else "",
            self.known(node.address) if node.address else "",
        ]
        if replies:
            notes.append(_words.reply(replies[0], final=node.address == self.result.target))
            notes.append(_words.labels(replies[0].labels))
            notes.append(extensions(replies[0].extensions))
        return notes

    def _next(self, index: int) -> str:
        """Return the names of the next hops, where that is not plain."""
        names = [self.names[far] for far in self.result.successors(index)]
        if not names or not (letters(self.names[index]) or letters(names[0])):
            return ""
        if len(names) > _NAMED_MAX:
            return f"{len(names)} next hops"
        links = (link for link in self.result.links if link.near == index)
        return ("" if all(link.certain for link in links) else "perhaps ") + " ".join(names)


def _branch(branch: BranchPoint) -> str:
    words = [f"{branch.width} next hops {_KINDS[branch.kind]}"]
    if branch.kind is not BalancerKind.UNKNOWN:
        # Never rounded up to what no number of probes can show.
        sure = min(branch.confidence, 99.9)
        words.append(f"({sure:.1f} % sure, {_words.plural(branch.sent, 'probe')})")
    if branch.changed:
        words.append("the route changed")
    if branch.elsewhere:
        addresses = dict.fromkeys(each.address for each in branch.elsewhere)
        words.append("others through " + " ".join(addresses))
    return " ".join(words)


def _diamond(diamond: Diamond) -> str:
    length = f"{diamond.length_max}"
    if diamond.length_min != diamond.length_max:
        length = f"{diamond.length_min} to {diamond.length_max}"
    words = [
        f"hops {diamond.first_ttl} to {diamond.last_ttl}",
        f"width {diamond.width_max}",
        f"length {length}",
        "symmetric" if diamond.symmetric else "asymmetric",
        f"meshed at {_words.plural(diamond.meshed, 'hop')}" if diamond.meshed else "not meshed",
    ]
    if diamond.convergence is None:
        words.append("open")
    return ", ".join(words)


def _verbose_lines(result: MultipathResult, width: int) -> list[Text]:
    costs = [
        f"{hop.ttl}: {hop.sent}"
        + (" by node" if hop.node_control else "")
        + (" (limit)" if hop.limited else "")
        for hop in result.hops
    ]
    text = "probes per hop " + ", ".join(costs)
    counted = f"{result.duplicates} duplicate, {result.late} late"
    return [
        *line([], [], Cell(text, "dim"), width),
        *line([], [], Cell(f"{_words.plural(len(result.flows), 'flow')}, {counted}", "dim"), width),
    ]


def _footer(result: MultipathResult, width: int) -> list[Text]:
    words = [_words.STOPS[result.stop]]
    if result.reached:
        first = min(node.ttl for node in result.nodes if node.end is NodeEnd.DESTINATION)
        words = [f"reached in {_words.plural(first, 'hop')}"]
        if result.stop.value != "completed":
            words.append(_words.STOPS[result.stop].removeprefix("not reached: "))
    diamonds = len(result.diamonds)
    words.append(_words.plural(diamonds, "diamond") if diamonds else "no diamond")
    if any(hop.limited for hop in result.hops):
        words.append("a limit left something out")
    costs = {
        "repeat": result.sent_repeats,
        "elsewhere": result.sent_elsewhere,
        "tnt": result.sent_tnt,
    }
    explore = result.sent - sum(costs.values())
    parts = ", ".join(f"{number} {what}" for what, number in costs.items() if number)
    cost = _words.plural(result.sent, "probe")
    words.append(f"{cost}: {explore} explore" + (f", {parts}" if parts else ""))
    words.append(_words.duration(result.duration_ms))
    return line([], [], Cell(", ".join(words), "green" if result.reached else "yellow"), width)
