"""`netsonde tcp`."""

from __future__ import annotations

from typing import Any

import click

from netsonde.cli._main import EPILOG
from netsonde.cli._measure import measure
from netsonde.cli._options import options_of, place_options, run_options
from netsonde.model import Kind, TcpOptions


@click.command(epilog=EPILOG)
@click.argument("target", nargs=-1)
@options_of(TcpOptions)
@run_options()
@place_options
def tcp(**parameters: Any) -> int:  # noqa: ANN401
    """Tell what TARGETs negotiate over TCP, and what the paths to them change in a SYN.

    One SYN offers Multipath TCP, ECN, SACK, timestamps and window scaling; the
    same SYN with rising TTL shows where it is changed, as far as routers quote it.
    Nothing is connected: what a SYN opens is reset.

    \b
    Examples:
      netsonde tcp 192.0.2.1
      netsonde tcp -p 443 --tos 184 example.org
      netsonde tcp --no-path -f servers.txt --json > out.jsonl
      netsonde tcp host --lab middleboxes
    """
    return measure(Kind.TCP, parameters)
