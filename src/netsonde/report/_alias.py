"""Aliases for people: one block per router, and the evidence on request."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from netsonde.model import AliasMethod, AliasVerdict, IpIdClass
from netsonde.report import _words
from netsonde.report._known import Known, nothing
from netsonde.report._layout import Cell, Column, heading, line
from netsonde.report._trace import address_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsonde.model import AliasAddress, AliasConflict, AliasPair, AliasResult

#: What a method that is written in capitals is called.
_METHODS = {AliasMethod.MIDAR: "MIDAR", AliasMethod.RADARGUN: "RadarGun"}


def alias_lines(
    result: AliasResult, width: int, *, verbose: bool = False, known: Known = nothing
) -> list[Text]:
    """Return sets of aliases as lines: one per address, and a summary with the cost.

    Args:
        result: The sets and their evidence.
        width: Columns of the terminal.
        verbose: Tell the addresses that are alone, and the evidence for each pair, too.
        known: What others know of an address.
    """
    targets = sum(one.is_target for one in result.addresses)
    lines = [
        Text()
        .append(f"aliases among {targets} addresses", "bold")
        .append(f", {result.method}", "dim")
    ]
    table = _Table(result, width, known)
    if result.sets or verbose:
        lines.append(table.heading())
    for number, found in enumerate(result.sets, 1):
        lines += table.set_lines(str(number), found.addresses)
        lines.append(Text(f"      by {_methods(found.methods)}{_chance(found)}", "dim"))
    if verbose:
        together = {address for found in result.sets for address in found.addresses}
        alone = [one.address for one in result.addresses if one.address not in together]
        lines += [text for address in alone for text in table.set_lines("-", [address])]
        lines += [_pair_line(pair) for pair in result.pairs]
    lines += [_conflict_line(conflict) for conflict in result.conflicts]
    return [*lines, *_footer(result)]


def alias_nodes(result: AliasResult) -> list[str]:
    """Return routers as in the nodes file of CAIDA's Internet topology data kits.

    Addresses without a known alias are routers of their own.

    Source:
        CAIDA, "The Internet Topology Data Kit", format of midar-iff.nodes.
    """
    return [
        f"node N{number}:  {' '.join(addresses)}"
        for number, addresses in enumerate(result.routers, 1)
    ]


class _Table:
    """Lines of addresses under common columns."""

    def __init__(self, result: AliasResult, width: int, known: Known) -> None:
        self._addresses = {one.address: one for one in result.addresses}
        self._width = width
        self._known = known
        self._columns = [
            Column("set", 4, "right"),
            Column("address", address_width(self._addresses)),
            Column("IP-ID", 12),
            Column("probe", 7),
            Column("per second", 10, "right"),
        ]

    def heading(self) -> Text:
        return heading(self._columns, "")

    def set_lines(self, name: str, addresses: Sequence[str]) -> list[Text]:
        lines = []
        for place, address in enumerate(addresses):
            one = self._addresses[address]
            cells = [
                Cell(name if place == 0 else "", "bold"),
                Cell(address),
                Cell(one.class_.value, "" if one.class_ is IpIdClass.COUNTER else "yellow"),
                Cell(one.probe.value if one.probe else ""),
                Cell("" if one.velocity is None else f"{one.velocity:.1f}"),
            ]
            notes = Cell(_words.join([_words.safe(self._known(address)), _notes(one)]), "dim")
            lines += line(self._columns, cells, notes, self._width)
        return lines


def _notes(one: AliasAddress) -> str:
    words = [] if one.is_target else ["no target"]
    if one.byte_swapped:
        words.append("bytes swapped")
    return ", ".join(words)


def _methods(methods: Sequence[AliasMethod]) -> str:
    return ", ".join(_METHODS.get(method, method.value.capitalize()) for method in methods)


def _chance(found: object) -> str:
    chance = getattr(found, "false_positive", None)
    return f", false positive {chance:.1g}" if chance else ""


def _pair_line(pair: AliasPair) -> Text:
    style = {AliasVerdict.ALIAS: "green", AliasVerdict.NOT: "red"}.get(pair.verdict, "yellow")
    words = {AliasVerdict.ALIAS: "alias", AliasVerdict.NOT: "not", AliasVerdict.UNKNOWN: "unknown"}
    text = Text(f"{pair.a} {pair.b}  ").append(words[pair.verdict], style)
    facts = [_methods([pair.method]), _words.plural(pair.samples, "sample")]
    if pair.rounds:
        facts.append(_words.plural(pair.rounds, "round"))
    if pair.bounds:
        facts.append(_words.plural(pair.bounds, "bound"))
    if pair.distance is not None:
        facts.append(f"distance {pair.distance}")
    return text.append(f"  {', '.join(facts)}{_chance(pair)}", "dim")


def _conflict_line(conflict: AliasConflict) -> Text:
    outcome = "joined all the same" if conflict.joined else "kept apart"
    return Text(
        f"conflict: {' '.join(conflict.alias)} alias by {_methods([conflict.alias_method])}, but "
        f"{' '.join(conflict.rejected)} not by {_methods([conflict.rejected_method])}: {outcome}",
        "yellow",
    )


def _footer(result: AliasResult) -> list[Text]:
    members = sum(len(found.addresses) for found in result.sets)
    words = [
        f"{_words.plural(len(result.sets), 'router')} with {members} addresses",
        _words.plural(result.sent, "probe"),
        f"{result.received} answered",
    ]
    apart = sum(pair.verdict is AliasVerdict.NOT for pair in result.pairs)
    if apart := apart + result.eliminated:
        words.append(f"{_words.plural(apart, 'pair')} told apart")
    if result.untested:
        words.append(f"{_words.plural(result.untested, 'pair')} not compared")
    if result.stop.value != "completed":
        words.append(f"stopped: {result.stop.value}")
    lines = [Text(", ".join(words), "green" if result.sets else "yellow")]
    classes = Counter(one.class_ for one in result.addresses if one.is_target)
    told = [f"{count} {name.value}" for name, count in sorted(classes.items())]
    if set(classes) != {IpIdClass.UNPROBED}:
        lines.append(Text(f"IP-ID: {', '.join(told)}", "dim"))
    if classes.get(IpIdClass.UNFRAGMENTED):
        lines.append(
            Text(
                "unfragmented: the address does not heed packet too big, or the link puts "
                "fragments together (raw IPv6 sockets do): Speedtrap cannot tell its aliases",
                "yellow",
            )
        )
    return lines
