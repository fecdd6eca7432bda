"""`netsonde demo`: the main job, on the built-in virtual Internet."""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

import click
from rich.text import Text

import netsonde
from netsonde.model import TntResult
from netsonde.report import Printer, compare_lines

#: One scenario per kind of tunnel, and what makes it that kind.
SCENARIOS = {
    "explicit-php": "TTLs are copied into labels, and routers quote the labels",
    "implicit-qttl": "TTLs are copied into labels, but routers do not quote them",
    "opaque": "TTLs are not copied; only the last router quotes a label",
    "invisible-php-dpr": "nothing shows; internal addresses are reached without labels",
    "invisible-php-brpr": "nothing shows; every address is reached through labels",
    "invisible-uhp": "nothing shows, not even the egress; the next router shows twice",
}
TARGET = "5.2.0.1"

_NEXT = """\
Try next:
  netsonde tnt 5.2.0.1 --lab two-tunnels   one command, one path
  netsonde lab list                        more virtual Internets, with all their faults
  netsonde doctor                          what works on this host
  netsonde tnt example.net                 the Internet (needs the right to send raw packets)"""


class Shown(NamedTuple):
    """What one scenario came to."""

    name: str
    plain: int
    result: TntResult


@click.command()
def demo() -> None:
    """Trace paths through the built-in virtual Internet and reveal their MPLS tunnels.

    Needs no privilege and no network: no packet leaves the process.
    """
    started_ns = time.monotonic_ns()
    printer = Printer(sys.stdout)
    shown = [_show(name, why, printer) for name, why in SCENARIOS.items()]
    printer.print(_summary(shown, (time.monotonic_ns() - started_ns) / 1e9))
    click.echo(f"\n{_NEXT}")


def _show(name: str, why: str, printer: Printer) -> Shown:
    """Measure one scenario as plain traceroute does and as tnt does, and print both."""
    lab = netsonde.lab.load(name)
    plain = netsonde.trace(TARGET, vantage=lab)
    result = netsonde.tnt(TARGET, vantage=lab)
    rule = "─" * max(1, min(printer.width, 100) - len(name) - 4)
    printer.print([Text(f"── {name} {rule}"[:100], "bold"), Text(f"  {why}", "italic")])
    printer.print([*compare_lines(plain, result), Text("")])
    return Shown(name, len(plain.hops), result)


def _summary(shown: list[Shown], seconds: float) -> list[Text]:
    lines = [Text(f"{'path':<20}  {'plain':>6}  {'hidden':>6}  {'in all':>6}  probes", "dim")]
    for each in shown:
        result, hidden = each.result, len(each.result.hidden)
        probes = result.sent_trace + result.sent_ping + result.sent_revelation
        text = Text().append(f"{each.name:<20}  {each.plain:>6}  ")
        text.append(f"{hidden:>6}", "bold magenta" if hidden else "dim")
        lines.append(text.append(f"  {each.plain + hidden:>6}  {probes:>6}"))
    hidden = sum(len(each.result.hidden) for each in shown)
    words = f"{hidden} hidden routers revealed on {len(shown)} paths in {seconds:.1f} s"
    return [*lines, Text(words, "bold green")]
