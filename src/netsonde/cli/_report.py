"""`netsonde report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netsonde.cli._main import EPILOG, complain
from netsonde.model import HostError, UsageError

if TYPE_CHECKING:
    from netsonde.store import Dataset

#: Paths in the graph that the command line may ask for: more are drawn slowly and read by nobody.
PATHS_MAX = 500


@click.command(epilog=EPILOG)
@click.argument("directory", metavar="DIR")
@click.option("-o", "--output", metavar="FILE", required=True, help="Page to write; - for stdout.")
@click.option("--title", metavar="TEXT", help="Title of the page. [default: the directory's name]")
@click.option(
    "--paths",
    type=click.IntRange(1, PATHS_MAX),
    default=40,
    show_default=True,
    metavar="N",
    help="Paths in the graph.",
)
def report(directory: str, output: str, title: str | None, paths: int) -> int:
    """Show the campaign in DIR as one HTML page that needs no network.

    A census of its tunnels, their lengths and evidence, round-trip times, path lengths, vendors,
    and a graph of paths with tunnels folded and unfolded. A campaign that runs can be shown, too.

    \b
    Examples:
      netsonde report survey/ -o survey.html
    """
    from netsonde.store import Dataset  # noqa: PLC0415 - the help does without

    dataset = Dataset(directory)
    if not dataset.exists:
        message = f"{directory} is no campaign"
        raise UsageError(message, "give the directory that `netsonde campaign run` wrote")
    html = _page(dataset, title or Path(directory).resolve().name, paths)
    if output == "-":
        sys.stdout.write(html)
        return 0
    try:
        Path(output).write_text(html, encoding="utf-8")
    except OSError as error:
        message = f"cannot write {output}: {error.strerror}"
        raise HostError(message, "-o names the page") from None
    if sys.stderr.isatty():
        click.echo(f"wrote {output}: open it in a browser", err=True)
    return 0


def _page(dataset: Dataset, title: str, paths: int) -> str:
    from netsonde.report import graph, page, survey  # noqa: PLC0415

    with dataset.query() as query:
        found = survey(query.ask)
        drawn = graph(query.ask, paths)
    if not found.totals.traces and not found.totals.pings:
        complain("the campaign has no traces and no pings yet", "the page is nearly empty")
    return page(found, drawn, title=title, about=_about(dataset))


def _about(dataset: Dataset) -> dict[str, str]:
    """Return what is known of the runs, for the head of the page."""
    runs = list(dataset.runs().values())
    if not runs:
        return {}
    # An alias resolution that was kept beside a campaign says nothing of the campaign.
    last = next((run for run in reversed(runs) if run.options.get("kind") != "alias"), runs[-1])
    ended = last.ended or "under way, or cut off"
    about = {
        "begun": runs[0].started,
        "ended": ended,
        "runs": str(len(runs)) if len(runs) > 1 else "",
        "measured from": last.host,
        "kind": str(last.options.get("kind", "")),
        "rate": f"{rate} probes a second" if (rate := last.options.get("rate_pps")) else "",
        "seed": str(last.seed or ""),
        "netsonde": last.version,
    }
    return {name: text for name, text in about.items() if text}
