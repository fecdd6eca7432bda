"""`netsonde runtime`: the machines that runs need, what runs left, and its removal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click
import msgspec

from netsonde.cli._main import EPILOG
from netsonde.runtime import MACHINES, build_machine, forget_machines, machines
from netsonde.runtime import clean as clean_up

if TYPE_CHECKING:
    from netsonde.runtime import Made


@click.group()
def runtime() -> None:
    """Look after the places where images run.

    \b
    Examples:
      netsonde tnt 5.2.0.1 --lab invisible-php --runtime unikernel
      netsonde runtime build vm
      netsonde runtime clean
    """


@runtime.command(epilog=EPILOG)
@click.argument("name", type=click.Choice([str(name) for name in MACHINES]))
@click.option("--again", is_flag=True, help="Also if it is there: of the packages of today.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def build(name: str, *, again: bool, as_json: bool) -> None:
    """Make a machine of Debian's packages ahead of its first run, and keep it.

    `microvm` is Debian's kernel and a small initial file system, and takes seconds; `vm` is a
    whole Debian, and takes minutes, mmdebstrap, genext2fs and root (or a range of users).
    """
    made = asyncio.run(build_machine(name, is_anew=again))
    if as_json:
        click.echo(msgspec.json.encode(made))
        return
    for file, size in made.files.items():
        click.echo(f"{made.file(file)}  {size / 1e6:,.1f} MB")


@runtime.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_machines(*, as_json: bool) -> None:
    """List the machines that are kept."""
    found = machines()
    for made in found:
        text = f"{made.name:<8}  {made.size / 1e6:>8,.1f} MB  {made.path}"
        click.echo(msgspec.json.encode(made) if as_json else text)
    if not found and not as_json:
        click.echo("there is none; `netsonde runtime build microvm` makes one")


@runtime.command()
@click.option("--machines", "with_machines", is_flag=True, help="The machines that are kept, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def clean(*, with_machines: bool, as_json: bool) -> None:
    """Remove what killed runs left behind: containers, folders; of benchmarks, control groups.

    Settings of the kernel that a killed benchmark changed are put back. Processes, namespaces,
    cards and rules are gone already: the kernel removes them with the run.
    """
    removed = clean_up()
    removed += forget_machines() if with_machines else []
    for made in removed:
        click.echo(msgspec.json.encode(made) if as_json else _told(made))
    if not removed and not as_json:
        click.echo("nothing was left")


def _told(made: Made) -> str:
    if made.kind == "setting":
        return f"put the setting {made.name} back to {made.texts[-1]}"
    engine = f"{made.engine} " if made.engine else ""
    return f"removed the {engine}{made.kind} {made.name}"
