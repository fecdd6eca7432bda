"""What ping, trace and tnt share: from parameters to an exit status."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal

from netsonde.cli._main import complain
from netsonde.cli._progress import Progress
from netsonde.cli._show import JsonShow, Show, TableShow
from netsonde.cli._targets import Targets, targets
from netsonde.measure import Request, Resolved, Vantage, choose, lines, prepare, request
from netsonde.model import Kind, NetsondeError, PingResult, TntResult, TraceResult, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netsonde.measure import Problem

#: Complaints about targets printed one by one; the others are counted.
COMPLAINTS_MAX = 20

#: Switches of the command alone, which click sets to False where not given.
_SWITCHES = {"family_4", "family_6", "json", "verbose"}

_INTERRUPTED = 130
_NOT_REACHED = 3


def measure(kind: Kind, parameters: Mapping[str, Any]) -> int:
    """Run the measurement that a command describes and return the exit status.

    Args:
        kind: What to measure.
        parameters: The command's parameters by name; None where not given.

    Raises:
        NetsondeError: Nothing could be measured.
    """
    given = _given(parameters)
    wanted = targets(given.pop("target", ()), given.pop("file", None))
    as_json, verbose = given.pop("json", False), given.pop("verbose", False)
    family = _family(four=given.pop("family_4", False), six=given.pop("family_6", False))
    vantage = _vantage(
        given.pop("lab", None), given.pop("attach", None), given.pop("privilege", None)
    )
    asked = request(kind, {**given, "family": family})
    problems = _complain(wanted.problems)
    try:
        status = asyncio.run(_run(asked, vantage, wanted, as_json=as_json, verbose=verbose))
    except asyncio.CancelledError:  # interrupted twice
        return _INTERRUPTED
    return status if status == _INTERRUPTED else problems or status


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that the caller gave: 0 is a value, an unset switch is none.

    Of switches that can be negated, False says so; click gives None for the others.
    """
    return {
        name: value
        for name, value in parameters.items()
        if value is not None and value != () and not (value is False and name in _SWITCHES)
    }


async def _run(
    asked: Request, vantage: Vantage, wanted: Targets, *, as_json: bool, verbose: bool
) -> int:
    resolved = await prepare(asked, vantage, wanted.names)
    status = _complain([_placed(problem, wanted) for problem in resolved.problems])
    if not resolved.targets:
        return status or 0
    show = JsonShow() if as_json else TableShow(asked, resolved, verbose=verbose)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def interrupt() -> None:
        # The first time, end with what there is; the second time, at once.
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        unreached = await _follow(asked, vantage, resolved, show, stop)
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    if stop.is_set():
        return _INTERRUPTED
    return status or (_NOT_REACHED if unreached else 0)


async def _follow(
    asked: Request, vantage: Vantage, resolved: Resolved, show: Show, stop: asyncio.Event
) -> int:
    """Show every event and return how many targets did not reply."""
    unreached = len(resolved.targets)
    with Progress(asked.kind, len(resolved.targets), sys.stderr) as progress:
        async with aclosing(lines(asked, vantage, resolved, stop)) as events:
            async for line in events:
                event = line.event
                if isinstance(event, PingResult | TraceResult | TntResult):
                    unreached -= event.reached
                progress.hide()
                show.show(line)
                progress.update(event)
    return unreached


def _vantage(
    lab: str | None, attach: str | None, privilege: Literal["auto", "raw", "none"] | None
) -> Vantage:
    if lab is None:
        if attach is not None:
            raise UsageError("--attach names a place in a lab", "add --lab NAME")
        return choose(None, privilege or "auto")
    if privilege is not None:
        message = "--privilege is for this host, and --lab leaves it"
        raise UsageError(message, "leave out one of them")
    from netsonde.lab import load  # noqa: PLC0415 - this host does without it

    return choose(load(lab, attachment=attach))


def _family(*, four: bool, six: bool) -> int | None:
    if four and six:
        raise UsageError("-4 and -6 exclude each other", "leave out both for either")
    return 4 if four else 6 if six else None


def _placed(problem: Problem, wanted: Targets) -> NetsondeError:
    """Return what is wrong with a target, with the line of the file that names it."""
    error = problem.error
    error.message = wanted.places.get(problem.name, "") + error.message
    return error


def _complain(problems: Sequence[NetsondeError]) -> int:
    """Print problems with targets and return the exit status that they mean; 0 for none."""
    for problem in problems[:COMPLAINTS_MAX]:
        complain(problem.message, problem.hint)
    if (more := len(problems) - COMPLAINTS_MAX) > 0:
        complain(f"{more} more targets cannot be measured")
    return min((problem.exit_status for problem in problems), default=0)
