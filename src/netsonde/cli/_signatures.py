"""`netsonde signatures`: learn signatures of vendors, and show files of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netsonde.cli._main import EPILOG
from netsonde.model import Evidence, FingerprintResult, HostError, UsageError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator


@click.group()
def signatures() -> None:
    """Learn how vendors' routers answer from routers whose vendors are known, and show it.

    \b
    Examples:
      netsonde fingerprint -m snmpv3,lfp,ttl -f routers.txt --json > known.jsonl
      netsonde signatures learn known.jsonl -o mine.toml
      netsonde signatures show mine.toml
      netsonde fingerprint -m lfp --signatures mine.toml 192.0.2.1
    """


@signatures.command(epilog=EPILOG)
@click.argument("results", nargs=-1, required=True, metavar="FILE|DIR...")
@click.option("-o", "--output", metavar="FILE", required=True, help="File to write; - for stdout.")
@click.option(
    "--label",
    metavar="VENDOR",
    help="Who made all of them, whatever their SNMP agents say. [default: who the agent's "
    "enterprise number names; others are left out]",
)
@click.option(
    "--least",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Leave out signatures that fewer addresses of a vendor showed.",
)
@click.option("--vendors", metavar="FILE", multiple=True, help="Name enterprises from FILE.")
@click.option("--source", metavar="TEXT", help="Where this is known from. [default: the files]")
def learn(  # noqa: PLR0917 - click gives them by name
    results: tuple[str, ...],
    output: str,
    label: str | None,
    least: int,
    vendors: tuple[str, ...],
    source: str | None,
) -> None:
    """Learn signatures from what `netsonde fingerprint -m snmpv3,lfp,ttl --json` printed.

    FILE|DIR is such a file, - for standard input, or the directory of a campaign. Who an address
    belongs to is what its SNMP agent says, or --label. Software that runs on many makes, such as
    Net-SNMP, names itself: --label is for those whose maker you know.
    """
    from netsonde.annotate import Identifier, learn, signatures_toml  # noqa: PLC0415

    identifier = Identifier(vendors=vendors)

    def labelled() -> Iterator[tuple[str, FingerprintResult]]:
        for name in results:
            for result in _fingerprints(name):
                vendor = label or (identifier.vendor(result.snmp) if result.snmp else None)
                if vendor:
                    yield vendor, result

    found = learn(labelled(), least=least)
    if not found:
        message = "no address has both a vendor and an answer to learn from"
        raise UsageError(message, "measure with -m snmpv3,lfp,ttl, or give --label")
    text = "\n".join(signatures_toml(found, source or ", ".join(results))) + "\n"
    if output == "-":
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise HostError(f"cannot write {output}: {error.strerror}") from None
    click.echo(f"{output}: {len(found)} signatures", err=True)


@signatures.command(epilog=EPILOG)
@click.argument("file")
def show(file: str) -> None:
    """Show the signatures in FILE, and which of them are of one vendor only.

    FILE is one that `learn` wrote, or builtin for those that come with netsonde.
    """
    from netsonde.annotate import Signatures  # noqa: PLC0415

    found = Signatures.open([file])
    for kind in (Evidence.LFP, Evidence.TTL):
        groups = found.groups(kind)
        unique = sum(len(vendors) == 1 for vendors in groups.values())
        click.echo(f"{kind}: {len(groups)} signatures, {unique} of one vendor")
        for text, vendors in sorted(groups.items()):
            click.echo(f"  {text}  {_shares(vendors)}")


def _shares(vendors: Counter[str]) -> str:
    return ", ".join(f"{vendor} {count}" for vendor, count in vendors.most_common())


def _fingerprints(source: str) -> Iterator[FingerprintResult]:
    """Yield the fingerprints of a campaign, a file of JSON lines or standard input (-)."""
    from netsonde import formats  # noqa: PLC0415

    if source != "-" and Path(source).is_dir():
        from netsonde.store import Dataset  # noqa: PLC0415

        for _, result in Dataset(source).dated():
            if isinstance(result, FingerprintResult):
                yield result
        return
    for record in formats.read(sys.stdin.buffer if source == "-" else source, "jsonl"):
        if isinstance(record, formats.Measured) and isinstance(record.result, FingerprintResult):
            yield record.result
