"""`netsonde schema`."""

from __future__ import annotations

import json

import click

from netsonde.model import json_schema


@click.command()
def schema() -> None:
    """Print the JSON Schema (2020-12) of jobs and events.

    The top level describes one line of `--json`, `$defs/Job` the job that asks for it.
    """
    click.echo(json.dumps(json_schema(), indent=2))
