"""`netsonde lab exec`: an unmodified program in a namespace attached to the live lab."""

from __future__ import annotations

import click

from netsonde.lab import execute as execute_in
from netsonde.lab import load


@click.command("exec")
@click.argument("name")
@click.option("--seed", type=click.IntRange(0), help="Instead of the scenario's.")
@click.option(
    "--attach",
    multiple=True,
    metavar="NAME",
    help="Attachment to plug in, again for more; the first is the default way out.",
)
@click.option("-q", "--quiet", is_flag=True, help="Do not print seed and digest at the end.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def execute(
    name: str, seed: int | None, attach: tuple[str, ...], quiet: bool, command: tuple[str, ...]
) -> None:
    """Run COMMAND in a network namespace attached to the live lab.

    The namespace has one interface per attachment, /etc/hosts names every router, and the exit
    status is the command's. Needs root, or user namespaces and a /dev/net/tun open to all.

    \b
    Examples:
      netsonde lab exec invisible-php -- traceroute 5.2.0.1
      netsonde lab exec explicit-php -- mtr -6 --report host
      netsonde lab exec invisible-php -- netsonde tnt 5.2.0.1
      netsonde lab exec plain -- sh
    """
    execute_in(load(name, seed=seed), command, attachments=attach, quiet=quiet)
