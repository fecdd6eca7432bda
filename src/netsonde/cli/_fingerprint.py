"""`netsonde fingerprint`."""

from __future__ import annotations

from typing import Any

import click

from netsonde.cli._main import EPILOG
from netsonde.cli._measure import measure
from netsonde.cli._options import options_of, place_options, run_options
from netsonde.cli._vendors import split_methods, vendor_options
from netsonde.model import FingerprintOptions, Kind


@click.command(epilog=EPILOG)
@click.argument("target", nargs=-1)
@click.option(
    "-m",
    "--methods",
    metavar="LIST",
    callback=split_methods,
    help="What to ask, separated by commas: ttl (3 probes), snmpv3 (1), lfp (9, ttl included). "
    "[default: ttl]",
)
@options_of(FingerprintOptions, without={"methods"})
@vendor_options
@run_options()
@place_options
def fingerprint(**parameters: Any) -> int:  # noqa: ANN401
    """Tell what the routers at TARGETs are, from how they answer.

    Only initial TTLs are asked for unless --methods says more: some owners of
    routers do not like to see SNMP or TCP probes.

    \b
    Examples:
      netsonde fingerprint 192.0.2.1
      netsonde fingerprint -m snmpv3,lfp -f routers.txt --json > out.jsonl
      netsonde fingerprint -m ttl,lfp --signatures builtin 192.0.2.1
      netsonde fingerprint -m lfp,snmpv3 5.2.0.1 --lab explicit-php
    """
    return measure(Kind.FINGERPRINT, parameters)
