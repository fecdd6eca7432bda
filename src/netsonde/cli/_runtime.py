"""`netsonde runtime`: what runs left, and its removal."""

from __future__ import annotations

import click
import msgspec

from netsonde.runtime import clean as clean_up


@click.group()
def runtime() -> None:
    """Look after the places where images run.

    \b
    Examples:
      netsonde tnt 5.2.0.1 --lab invisible-php --runtime unikernel
      netsonde runtime clean
    """


@runtime.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def clean(*, as_json: bool) -> None:
    """Remove what killed runs left behind: containers, folders.

    Processes, namespaces, cards and rules are gone already: the kernel removes them with the run.
    """
    removed = clean_up()
    for made in removed:
        engine = f"{made.engine} " if made.engine else ""
        text = f"removed the {engine}{made.kind} {made.name}"
        click.echo(msgspec.json.encode(made) if as_json else text)
    if not removed and not as_json:
        click.echo("nothing was left")
