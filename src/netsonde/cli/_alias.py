"""`netsonde alias`."""

from __future__ import annotations

from typing import Any

import click

from netsonde.cli._main import EPILOG
from netsonde.cli._measure import measure
from netsonde.cli._options import options_of, place_options, run_options
from netsonde.model import AliasMethod, AliasOptions, Kind, UsageError


@click.command(epilog=EPILOG)
@click.argument("target", nargs=-1)
@options_of(AliasOptions)
@run_options()
@place_options
@click.option(
    "--from",
    "source",
    metavar="DIR|FILE",
    help="Take the routers that earlier results show: a campaign's directory, or a file that "
    "convert reads (JSON lines, warts, scamper's or RIPE Atlas' JSON).",
)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    help="Keep the result in DIR, beside what a campaign left there: tables aliases and "
    "alias_pairs of netsonde query.",
)
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
      netsonde alias --from survey/ -o survey/ -r 1000
      netsonde alias 5.1.0.2 5.1.1.1 5.1.1.2 --lab plain -v
    """
    if parameters["source"] is not None and parameters["method"] == AliasMethod.PREFIXSCAN:
        message = "--method prefixscan wants the hops of one path in order, and --from gives a set"
        raise UsageError(message, "name the hops of the path as targets")
    return measure(Kind.ALIAS, parameters)
