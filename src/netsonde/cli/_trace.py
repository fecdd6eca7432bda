"""`netsonde trace`."""

from __future__ import annotations

from typing import Any

import click

from netsonde.cli._main import EPILOG
from netsonde.cli._measure import measure
from netsonde.cli._options import mtu_option, options_of, place_options, run_options
from netsonde.cli._vendors import path_option, vendor_options
from netsonde.model import Kind, TraceOptions


@click.command(epilog=EPILOG)
@click.argument("target", nargs=-1)
@options_of(TraceOptions, without={"mtu"})
@mtu_option
@path_option
@vendor_options
@run_options()
@place_options
def trace(**parameters: Any) -> int:  # noqa: ANN401
    """Show the path to TARGETs along one flow, as Paris traceroute does.

    \b
    Examples:
      netsonde trace example.net
      netsonde trace --window 255 example.net      every TTL at once
      netsonde trace -a -q 10 example.net          loss and spread per hop
      netsonde trace --mtu example.net             the largest packet that passes to each hop
      netsonde trace example.net --fingerprint snmpv3,ttl   what the routers are
      netsonde trace 5.2.0.1 --lab explicit-php
    """
    return measure(Kind.TRACE, parameters)
