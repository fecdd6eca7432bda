"""`netsonde campaign`: run, show and check campaigns."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from netsonde.cli._main import EPILOG

if TYPE_CHECKING:
    from netsonde.campaign import Campaign, Progress

_ERASE = "\r\x1b[K"
_INTERRUPTED = 130
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
_file = click.argument("file", type=click.Path(path_type=Path))


@click.group()
def campaign() -> None:
    """Measure many targets by a file: interrupted and resumed, within limits.

    \b
    Examples:
      netsonde campaign check survey.toml
      netsonde campaign run survey.toml -o survey
      netsonde campaign run survey.toml -o survey --resume
      netsonde campaign show survey
    """


@campaign.command(epilog=EPILOG)
@_file
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the results go. [default: the file's name without .toml]",
)
@click.option("--resume", is_flag=True, help="Go on with what DIR holds.")
@click.option(
    "--pcap",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the packets that are sent and received to FILE, as pcapng; with --resume, after "
    "those that it holds.",
)
@_json
def run(file: Path, output: Path | None, resume: bool, pcap: Path | None, as_json: bool) -> int:
    """Run the campaign in FILE, and store its results in DIR.

    Interrupted once, it finishes the targets under way; interrupted twice, it ends at once.
    Either way, and if it is killed, --resume goes on and repeats no finished target.
    """
    from netsonde.campaign import Campaign  # noqa: PLC0415 - help does without it

    made = Campaign(file, output, resume=resume, pcap=pcap)
    status = asyncio.run(_run(made, as_json=as_json))
    progress = made.progress
    if as_json:
        _print_json({**msgspec.to_builtins(progress), "type": "campaign-done"}, made)
    else:
        words = f"{progress.targets_done} targets done, {progress.sent} probes sent"
        left = {name.replace("_", " "): count for name, count in made.refused.items() if count}
        told = "".join(f", {count} {name}" for name, count in left.items() if name != "done")
        click.echo(f"{made.directory}: {words}{told}")
    if not made.is_complete:
        resumed = f"netsonde campaign run {file} -o {made.directory} --resume"
        click.echo(f"not complete; to go on: {resumed}", err=True)
    return status


@campaign.command()
@click.argument("where", metavar="DIR|FILE", type=click.Path(path_type=Path))
@_json
def show(where: Path, as_json: bool) -> None:
    """Show how far the campaign in DIR is, or what the campaign in FILE asks for."""
    from netsonde.campaign import read_plan, summary  # noqa: PLC0415

    if where.is_dir():
        found = msgspec.to_builtins(summary(where))
    else:
        plan = msgspec.structs.replace(read_plan(where), file=None)
        found = msgspec.to_builtins(plan)
    _tell(found, as_json=as_json)


@campaign.command()
@_file
@_json
def check(file: Path, as_json: bool) -> int:
    """Tell what the campaign in FILE would cost; nothing is sent.

    Exit status: 0 it can be run, 2 it cannot, or a line of a target file is malformed.
    """
    from netsonde.campaign import estimate, read_plan  # noqa: PLC0415
    from netsonde.cli._main import complain  # noqa: PLC0415

    plan = read_plan(file)
    problems = plan.target_list().problems
    for problem in problems[:20]:
        complain(problem.message, problem.hint)
    found = estimate(plan)
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        about = "" if found.is_exact else "about "
        click.echo(f"targets   {about}{found.targets}, host names not resolved: {found.names}")
        for reason, count in found.refused.items():
            click.echo(f"left out  {about}{count} {reason.replace('_', ' ')}")
        click.echo(f"probes    {found.probes_max} at most")
        shortest, longest = _span(found.duration_min_s), _span(found.duration_max_s)
        click.echo(f"duration  {shortest} to {longest} at {plan.limits.rate_pps} probes/s")
    return 2 if problems else 0


async def _run(made: Campaign, *, as_json: bool) -> int:
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        if interrupted:
            made.abort()
        elif sys.stderr.isatty():
            click.echo("\nfinishing what is under way; Ctrl-C again ends at once", err=True)
        interrupted = True
        made.stop()

    def tell(progress: Progress) -> None:
        if as_json:
            sys.stdout.write(msgspec.json.encode(progress).decode() + "\n")
            sys.stdout.flush()
        elif sys.stderr.isatty():
            sys.stderr.write(_ERASE + _words(progress))
            sys.stderr.flush()

    made.on_progress = tell
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    try:
        async with aclosing(made.batches()) as batches:
            async for _ in batches:
                pass
    finally:
        if sys.stderr.isatty() and not as_json:
            sys.stderr.write(_ERASE)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return _INTERRUPTED if interrupted else 0


def _words(progress: Progress) -> str:
    left = "" if progress.left_s is None else f", {_span(progress.left_s)} left"
    return (
        f"{progress.targets_done} of {progress.targets} targets, "
        f"{progress.rate_pps:.0f} probes/s, {progress.answered:.0%} answered{left}"
    )


def _span(seconds: float) -> str:
    """Return a duration as people say it."""
    whole = int(seconds)
    if whole < 60:
        return f"{seconds:.0f} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 172_800:
        return f"{whole // 3_600} h {whole % 3_600 // 60} min"
    return f"{whole // 86_400} days"


def _print_json(found: dict[str, object], made: Campaign) -> None:
    found |= {"refused": made.refused, "is_complete": made.is_complete}
    click.echo(msgspec.json.encode(found))


def _tell(found: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for name, value in found.items():
        if isinstance(value, dict):
            for inner, one in value.items():
                click.echo(f"{name}.{inner}: {one}")
        else:
            click.echo(f"{name}: {value}")
