"""`netsonde doctor`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec
from rich.text import Text

from netsonde.measure import examine
from netsonde.report import Printer
from netsonde.runtime import examine_runtimes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.measure import Finding


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def doctor(as_json: bool) -> None:
    """Tell what works on this host, and what would make the rest work.

    Nothing is sent but a datagram to this host itself.
    """
    findings = (*examine(), *examine_runtimes())
    if as_json:
        for finding in findings:
            click.echo(msgspec.json.encode(finding))
        return
    Printer(sys.stdout).print(_lines(findings))


def _lines(findings: tuple[Finding, ...]) -> Iterator[Text]:
    """Yield a line for each finding, and one for each remedy under it."""
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        state = ("ok     ", "green") if finding.ok else ("missing", "bold red")
        name = f"  {finding.name:<{width}}  "
        yield Text.assemble(state, name, f"{finding.found}  ", (f"for {finding.serves}", "dim"))
        if finding.remedy:
            yield Text(f"{' ' * (9 + width)}  to have it: {finding.remedy}", "yellow")
    missing = sum(not finding.ok for finding in findings)
    yield Text(f"{len(findings) - missing} of {len(findings)} work here")
