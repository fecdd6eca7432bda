"""`netsonde tnt`."""

from __future__ import annotations

from typing import Any

import click

from netsonde.cli._main import EPILOG
from netsonde.cli._measure import measure
from netsonde.cli._options import mtu_option, options_of, place_options, run_options
from netsonde.cli._vendors import path_option, vendor_options
from netsonde.model import Kind, TntOptions, TraceOptions


@click.command(epilog=EPILOG)
@click.argument("target", nargs=-1)
@options_of(TraceOptions, without={"mtu"})
@mtu_option
@options_of(TntOptions)
@path_option
@vendor_options
@run_options()
@place_options
def tnt(**parameters: Any) -> int:  # noqa: ANN401
    """Show the path to TARGETs with the MPLS tunnels in it, hidden routers revealed.

    Routers that plain traceroute does not see are numbered H1, H2, ... and stand
    indented under a line that says what hides them and how they were found.

    \b
    Examples:
      netsonde tnt example.net
      netsonde tnt -f targets.txt --json > out.jsonl
      netsonde tnt --brute-force -v example.net
      netsonde tnt example.net --fingerprint snmpv3,ttl   what the routers are
      netsonde tnt 5.2.0.1 --lab invisible-php-brpr
    """
    return measure(Kind.TNT, parameters)
