"""`netsonde alias`."""

from __future__ import annotations

from typing import Any

import click

from netsonde.cli._main import EPILOG
from netsonde.cli._measure import measure
from netsonde.cli._options import options_of, place_options, run_options
from netsonde.model import AliasOptions, Kind


@click.command(epilog=EPILOG)
@click.argument("target", nargs=-1)
@options_of(AliasOptions)
@run_options()
@place_options
@click.option(
    "--nodes",
    is_flag=True,
    default=None,
    help="Print one router a line, as CAIDA's Internet topology data kits do.",
)
def alias(**parameters: Any) -> int:  # noqa: ANN401
    """Tell which TARGETs are addresses of one router.

    All targets are measured together, and each pair of a set was tested; -v shows the evidence.

    \b
    Examples:
      netsonde alias -f addresses.txt -r 1000
      netsonde alias -m ally 192.0.2.1 198.51.100.1
      netsonde alias 5.1.0.2 5.1.1.1 5.1.1.2 --lab plain -v
    """
    return measure(Kind.ALIAS, parameters)
