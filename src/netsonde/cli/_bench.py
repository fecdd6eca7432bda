"""`netsonde bench`: compares the places where the image runs."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netsonde.cli._main import EPILOG, complain
from netsonde.model import HostError, UsageError

if TYPE_CHECKING:
    from netsonde.bench import Folder, Plan, Results, Turn

_ERASE = "\r\x1b[K"
_LAB = "invisible-php"
_TITLE = "Where netsonde's image runs, compared"


@click.group()
def bench() -> None:
    """Compare the places where the image runs: process, container, unikernel, virtual machine.

    \b
    Examples:
      netsonde bench runtimes -o compared/
      netsonde bench show compared/
    """


@bench.command(epilog=EPILOG)
@click.option("-o", "--output", metavar="DIR", required=True, help="Where results are kept.")
@click.option("--runtime", "names", metavar="NAME", multiple=True, help="Only in this runtime.")
@click.option("--experiment", "wanted", metavar="NAME", multiple=True, help="Only this one.")
@click.option("--repeat", type=click.IntRange(1), help="Repetitions of each.  [default: 30]")
@click.option(
    "--budget",
    metavar="SECONDS",
    type=click.FloatRange(0),
    help="Time for each runtime: beyond it only what was never run.  [default: 200]",
)
@click.option("--lab", "scenario", default=_LAB, show_default=True, help="The network.")
@click.option("--resume", is_flag=True, help="Go on with the results in DIR.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a number.")
def runtimes(  # noqa: PLR0917 - click gives them by name
    output: str,
    names: tuple[str, ...],
    wanted: tuple[str, ...],
    repeat: int | None,
    budget: float | None,
    scenario: str,
    *,
    resume: bool,
    as_json: bool,
) -> int:
    """Run the same job everywhere, repeatedly, and tell sizes, times, memory and density.

    Experiments: size, time, rtt, memory, rate, ksm, density. The two last take root and change
    settings of the kernel, which are those from before in the end; killed, after the next run or
    `netsonde runtime clean`. Interrupted, it keeps what was finished, and --resume goes on.

    \b
    Examples:
      netsonde bench runtimes -o compared/ --runtime process --runtime unikernel --experiment time
      netsonde bench runtimes -o compared/ --resume
    """
    plan = _plan(names, wanted, repeat, budget)
    return _run(plan, scenario, Path(output), is_resumed=resume, as_json=as_json)


@bench.command(epilog=EPILOG)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--page",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write tables and figures into this Markdown page, between its marks.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a number.")
def show(directory: Path, page: Path | None, *, as_json: bool) -> None:
    """Draw the results in DIR again: figures as PNG, one HTML page, a table on stdout."""
    from netsonde.bench import Folder  # noqa: PLC0415

    folder = Folder(directory)
    folder.rows()
    told = _written(folder)
    if page is not None:
        _write_page(page, folder, told)
    _tell(told, as_json=as_json)


def _plan(
    names: tuple[str, ...], wanted: tuple[str, ...], repeat: int | None, budget: float | None
) -> Plan:
    """Return the plan that the options ask for.

    Raises:
        UsageError: There is no such runtime or experiment.
    """
    from netsonde.bench import BUDGET_S, EXPERIMENTS, REPEAT, RUNTIMES, Plan  # noqa: PLC0415

    for kind, given, known in (
        ("runtime", names, RUNTIMES),
        ("experiment", wanted, tuple(EXPERIMENTS)),
    ):
        if unknown := [one for one in given if one not in known]:
            message = f"there is no {kind} {unknown[0]} to compare"
            raise UsageError(message, f"known: {', '.join(known)}")
    return Plan(
        tuple(dict.fromkeys(names)) or RUNTIMES,
        tuple(dict.fromkeys(wanted)) or tuple(EXPERIMENTS),
        REPEAT if repeat is None else repeat,
        BUDGET_S if budget is None else budget,
    )


def _run(plan: Plan, scenario: str, output: Path, *, is_resumed: bool, as_json: bool) -> int:
    """Run a plan, tell what came of it, and return the exit status."""
    from netsonde.bench import Folder, Mirror, Place, host, run  # noqa: PLC0415
    from netsonde.image import Store, ready  # noqa: PLC0415
    from netsonde.lab import load  # noqa: PLC0415
    from netsonde.runtime import clean_noted  # noqa: PLC0415

    # What a killed run left would be measured, too.
    clean_noted()
    lab, folder = load(scenario), Folder(output)
    finished = folder.begin(host(), is_resumed=is_resumed)
    image = ready(Store()).manifest.digest
    # To be ended is to be interrupted: settings of the kernel are to be put back in any case.
    before = signal.signal(signal.SIGTERM, _interrupt)
    progress, status = _Progress(plan), 0
    try:
        with Mirror(lab) as mirror:
            run(plan, Place(lab, mirror), folder, finished, image=image, tell=progress.tell)
    except KeyboardInterrupt:
        status = 130
    finally:
        signal.signal(signal.SIGTERM, before)
        progress.hide()
        rows = folder.close()
    if rows:
        _tell(_written(folder), as_json=as_json)
    for one in folder.finished():
        if one.complaint:
            complain(f"{one.experiment}, {one.runtime}, {one.number}: {one.complaint}")
    return status if status or rows else 1


def _interrupt(*_: object) -> None:
    """Take the request to end for an interrupt, even where a shell has us ignore those."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.kill(os.getpid(), signal.SIGINT)


def _written(folder: Folder) -> Results:
    """Write the page and the figures of a folder, and return what they tell."""
    from netsonde.bench import draw, html, results  # noqa: PLC0415

    told = results(folder.rows(), folder.finished())
    svg: dict[str, bytes] = {}
    try:
        svg = draw(told.found, "svg")
        for name, data in draw(told.found, "png").items():
            _write(folder.path / f"{name}.png", data)
    except HostError as error:
        complain(error.message, error.hint)
    page = html(told, svg, title=_TITLE, host=folder.host)
    _write(folder.path / "index.html", page.encode())
    return told


def _write_page(page: Path, folder: Folder, told: Results) -> None:
    """Write the results into a page of the documentation, its figures beside it."""
    from netsonde.bench import draw, into_page, markdown  # noqa: PLC0415

    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise HostError(f"cannot read {page}: {error.strerror}") from error
    text = into_page(text, markdown(told, host=folder.host, images=page.stem))
    for name, data in draw(told.found, "png").items():
        _write(page.with_suffix("") / f"{name}.png", data)
    _write(page, text.encode())


def _write(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    except OSError as error:
        raise HostError(f"cannot write {file}: {error.strerror}") from error


def _tell(told: Results, *, as_json: bool) -> None:
    """Print all numbers, and whether the bars are reached."""
    from netsonde.bench import number  # noqa: PLC0415

    if as_json:
        for key, one in told.found.items():
            click.echo(json.dumps({"type": "number", **key._asdict(), **one._asdict()}))
        for bar in told.bars:
            click.echo(json.dumps({"type": "bar", **bar._asdict(), "verdict": bar.verdict}))
        return
    for key, one in told.found.items():
        spread = f"{number(one.quarter, one.unit)} to {number(one.three_quarters, one.unit)}"
        left = f"{key.experiment:<8} {key.runtime:<11} {key.metric:<34}"
        click.echo(f"{left} {number(one.median, one.unit):>14}  ({spread}; n={one.repetitions})")
    click.echo(f"load at most {told.load:.1f}")
    for bar in told.bars:
        value = "" if bar.value is None else f" {bar.value:.4g} {bar.unit}".rstrip()
        limit = f"{bar.limit:g} {bar.unit}".rstrip()
        click.echo(f"{bar.verdict:<12} {bar.name}:{value} (limit {limit})")


class _Progress:
    """One line on standard error that says how far the run is, on a terminal only."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._began_s = time.monotonic()
        self._is_on = sys.stderr.isatty()

    def tell(self, turn: Turn) -> None:
        """Say whose turn it is."""
        if self._is_on:
            minutes = (time.monotonic() - self._began_s) / 60
            words = f"{turn.cell.experiment} in {turn.cell.runtime}, repetition {turn.number + 1}"
            of = f"{turn.done} done, {minutes:.1f} min"
            sys.stderr.write(f"{_ERASE}{words} of {self._plan.repeat} ({of})")
            sys.stderr.flush()

    def hide(self) -> None:
        """Erase the line."""
        if self._is_on:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
