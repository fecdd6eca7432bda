"""`netsonde ping`."""

from __future__ import annotations

from typing import Any

import click

from netsonde.cli._main import EPILOG
from netsonde.cli._measure import measure
from netsonde.cli._options import options_of, place_options, run_options
from netsonde.model import Kind, PingOptions


@click.command(epilog=EPILOG)
@click.argument("target", nargs=-1)
@options_of(PingOptions)
@run_options()
@place_options
def ping(**parameters: Any) -> int:  # noqa: ANN401
    """Probe TARGETs and tell loss and round-trip times.

    \b
    Examples:
      netsonde ping example.net
      netsonde ping -c 10 -i 200 -m tcp-syn -p 443 example.net
      netsonde ping 5.2.0.1 --lab plain --json
    """
    return measure(Kind.PING, parameters)
