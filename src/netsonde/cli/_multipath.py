"""`netsonde multipath`."""

from __future__ import annotations

from typing import Any

import click

from netsonde.cli._main import EPILOG
from netsonde.cli._measure import measure
from netsonde.cli._options import options_of, place_options, run_options
from netsonde.model import Kind, MultipathOptions, TntOptions


@click.command(epilog=EPILOG)
@click.argument("target", nargs=-1)
@options_of(MultipathOptions)
@options_of(TntOptions)
@run_options()
@place_options
@click.option("--dot", is_flag=True, help="Print the graph of each target for Graphviz.")
def multipath(**parameters: Any) -> int:  # noqa: ANN401
    """Show all paths to TARGETs that balancers spread flows over.

    Routers of one hop have letters; what follows a router is said by these. A diamond
    is a stretch of several routers between two single ones.

    \b
    Examples:
      netsonde multipath example.net
      netsonde multipath --confidence 99 -m icmp-echo example.net
      netsonde multipath --destinations 6 example.net    per-destination balancers too
      netsonde multipath --tnt example.net               tunnels on every branch
      netsonde multipath --dot example.net | dot -Tsvg > paths.svg
      netsonde multipath 5.2.0.1 --lab ecmp-before
    """
    return measure(Kind.MULTIPATH, parameters)
