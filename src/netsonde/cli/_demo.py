"""`netsonde demo`: the main job, on the built-in virtual Internet."""

from __future__ import annotations

import sys
import time

import click
from rich.text import Text

import netsonde
from netsonde.model import TntResult, Trace
from netsonde.report import Printer, compare_lines, summary_lines

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


@click.command()
def demo() -> None:
    """Trace paths through the built-in virtual Internet and reveal their MPLS tunnels.

    Needs no privilege and no network: no packet leaves the process.
    """
    started_ns = time.monotonic_ns()
    printer = Printer(sys.stdout)
    shown = [_show(name, why, printer) for name, why in SCENARIOS.items()]
    printer.print(summary_lines(shown))
    hidden = sum(len(result.hidden) for _, _, result in shown)
    seconds = (time.monotonic_ns() - started_ns) / 1e9
    words = f"{hidden} hidden routers revealed on {len(shown)} paths in {seconds:.1f} s"
    printer.print([Text(words, "bold green")])
    click.echo(f"\n{_NEXT}")


def _show(name: str, why: str, printer: Printer) -> tuple[str, Trace, TntResult]:
    """Measure one scenario as plain traceroute does and as tnt does, and print both."""
    lab = netsonde.lab.load(name)
    plain = netsonde.trace(TARGET, vantage=lab)
    result = netsonde.tnt(TARGET, vantage=lab)
    rule = "─" * max(1, min(printer.width, 100) - len(name) - 4)
    printer.print([Text(f"── {name} {rule}"[:100], "bold"), Text(f"  {why}", "italic")])
    printer.print([*compare_lines(plain, result), Text("")])
    return name, plain, result
