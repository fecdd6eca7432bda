"""`netsonde convert`: from one file format to another."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netsonde import formats
from netsonde.cli._main import EPILOG
from netsonde.model import FormatError, Result, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_READABLE = [each.value for each in formats.Format if each != formats.Format.DIAMOND_MINER]
_WRITABLE = [each.value for each in formats.Format]


@click.command(epilog=EPILOG)
@click.argument("source", metavar="A")
@click.argument("target", metavar="B")
@click.option(
    "--from",
    "from_",
    type=click.Choice(_READABLE),
    help="Format of A; else told by its first bytes and its name.",
)
@click.option("--to", type=click.Choice(_WRITABLE), help="Format of B; else told by its name.")
def convert(source: str, target: str, from_: str | None, to: str | None) -> None:
    """Convert the measurements in A to file B; A is a file, - or a campaign's directory.

    - is standard input or output.

    Names that end in .gz, .bz2 or .xz are compressed. What B's format cannot carry is counted on
    standard error. If A is malformed, what came before is written, and the exit status is 5.

    \b
    Examples:
      netsonde convert old.warts new.jsonl
      netsonde convert results.jsonl out.warts.gz && zcat out.warts.gz | sc_warts2json
      netsonde convert --to scamper-json survey.warts - | head
      netsonde convert survey/ survey.warts.xz
    """
    if target == "-" and to is None:
        raise UsageError("standard output has no name that tells a format", "add --to FORMAT")
    if _is_one_file(source, target):
        raise UsageError(f"{source} and {target} are one file", "name another for the result")
    writing = sys.stdout.buffer if target == "-" else target
    problems: list[FormatError] = []
    losses = formats.write(writing, _until_malformed(_records(source, from_), problems), to)
    for line in losses.lines():
        click.echo(line, err=True)
    if problems:
        error = problems[0]
        place = "" if error.offset is None else f" (byte {error.offset})"
        name = "standard input" if source == "-" else source
        hint = error.hint or "what came before it is converted"
        raise FormatError(f"{name}: {error.message}{place}", hint, offset=error.offset)


def _is_one_file(source: str, target: str) -> bool:
    known = "-" not in (source, target) and Path(source).exists() and Path(target).exists()
    return known and Path(source).samefile(target)


def _records(source: str, from_: str | None) -> Iterator[formats.Record]:
    if source == "-":
        return formats.read(sys.stdin.buffer, from_)
    return _campaign(source) if Path(source).is_dir() else formats.read(source, from_)


def _campaign(directory: str) -> Iterator[formats.Record]:
    """Yield the results of a campaign, with the clocks of its runs."""
    from netsonde.store import Dataset  # noqa: PLC0415 - files do without it

    for epoch_ns, result in Dataset(directory).dated():
        if isinstance(result, Result):
            yield formats.Measured(result=result, epoch_ns=epoch_ns)


def _until_malformed(
    records: Iterator[formats.Record], problems: list[FormatError]
) -> Iterator[formats.Record]:
    """Yield records as long as the file is well-formed; what ended that is a problem."""
    try:
        yield from records
    except FormatError as error:
        problems.append(error)
