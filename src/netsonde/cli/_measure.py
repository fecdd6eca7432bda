"""What ping, trace and tnt share: from parameters to an exit status."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click
import msgspec

from netsonde.cli._forms import DotShow, JsonShow, NodesShow, Show
from netsonde.cli._main import complain
from netsonde.cli._progress import Progress
from netsonde.cli._targets import Targets, targets
from netsonde.cli._vantage import chosen_vantage
from netsonde.cli._vendors import FollowUp, follow_up, identifier
from netsonde.measure import (
    Request,
    Resolved,
    Vantage,
    Walk,
    gather,
    lines,
    prepare,
    request,
    selections,
    stream,
    walk,
)
from netsonde.model import FingerprintResult, Kind, NetsondeError, Result, UsageError, responders

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence

    from netsonde.annotate import Identifier
    from netsonde.measure import Annotator, Line, Problem

#: Complaints about targets printed one by one; the others are counted.
COMPLAINTS_MAX = 20

#: Kinds that look at all targets together.
_TOGETHER = frozenset({"alias"})

#: Switches of the command alone, which click sets to False where not given.
_SWITCHES = {"dot", "family_4", "family_6", "json", "names", "verbose"}

#: Other forms than tables, by the switch that asks for them; the first one wins.
_FORMS: dict[str, type[Show]] = {"json": JsonShow, "nodes": NodesShow, "dot": DotShow}

_INTERRUPTED = 130
_NOT_REACHED = 3


class _Known(NamedTuple):
    """What is told of addresses beside what was measured."""

    annotator: Annotator | None
    identifier: Identifier | None
    follow_up: FollowUp | None


def measure(kind: Kind, parameters: Mapping[str, Any]) -> int:
    """Run the measurement that a command describes and return the exit status.

    Args:
        kind: What to measure.
        parameters: The command's parameters by name; None where not given.

    Raises:
        NetsondeError: Nothing could be measured.
    """
    given = _given(parameters)
    family = _family(four=given.pop("family_4", False), six=given.pop("family_6", False))
    which = selections(given.pop("each", ()), given.pop("each_host", None))
    wanted = targets(
        given.pop("target", ()),
        given.pop("file", None),
        family=family,
        selections=which,
        source=given.pop("source", None),
    )
    output = given.pop("output", None)
    verbose = given.pop("verbose", False)
    vantage = chosen_vantage(given)
    form = _form(given)
    known = _Known(_annotator(given, vantage), identifier(given), follow_up(given, vantage))
    asked = request(kind, {**given, "family": family})
    problems = _complain(wanted.problems)
    try:
        run = _run(asked, vantage, wanted, known, form=form, verbose=verbose, output=output)
        status = asyncio.run(run)
    except asyncio.CancelledError:  # interrupted twice
        return _INTERRUPTED
    return status if status == _INTERRUPTED else problems or status


def _form(given: dict[str, Any]) -> str:
    """Return how results are shown; nothing for tables."""
    asked = [form for form in _FORMS if given.pop(form, False)]
    return asked[0] if asked else ""


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
    asked: Request,
    vantage: Vantage,
    wanted: Targets,
    known: _Known,
    *,
    form: str,
    verbose: bool,
    output: str | None,
) -> int:
    crowd = walk(asked, vantage, wanted.many) if wanted.many else None
    if crowd is None:
        resolved = await prepare(asked, vantage, wanted.names)
    elif asked.kind in _TOGETHER:
        resolved, crowd = await gather(crowd), None
    else:
        resolved = Resolved((), crowd.names, ())
    status = _complain([_placed(problem, wanted) for problem in resolved.problems])
    if not resolved.targets and crowd is None:
        return status or 0
    show = _FORMS[form]() if form in _FORMS else _tables(asked, resolved, verbose=verbose)
    stop = asyncio.Event()
    with _interruptible(stop):
        if crowd is None:
            events = lines(asked, vantage, resolved, stop)
        else:
            events = stream(asked, vantage, crowd, stop)
        if output is not None:
            events = _kept(events, asked, vantage, output)
        size = len(resolved.targets) if crowd is None else crowd.size
        with Progress(asked.kind, size, sys.stderr) as progress:
            reached = await _follow(events, known, show, progress)
        if known.follow_up and not stop.is_set():
            await _fingerprint(known, vantage, show if form else None, stop, verbose=verbose)
    if crowd is not None:
        status = _complain([problem.error for problem in crowd.problems]) or status
        size = crowd.given
        _tell_refused(crowd)
    if stop.is_set():
        return _INTERRUPTED
    return status or (_NOT_REACHED if reached < size else 0)


@contextmanager
def _interruptible(stop: asyncio.Event) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM set an event the first time, and cancel this task the second time."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def interrupt() -> None:
        # The first time, end with what there is; the second time, at once.
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _kept(
    events: AsyncGenerator[Line, None], asked: Request, vantage: Vantage, output: str
) -> AsyncGenerator[Line, None]:
    """Keep the result of an alias resolution in a directory on its way."""
    from netsonde.campaign import keep, new_run  # noqa: PLC0415 - few ask for it

    options = {"kind": str(asked.kind), **msgspec.to_builtins(asked.alias)}
    return keep(events, output, new_run(vantage, options, asked.run.get("seed") or 0))


def _tables(asked: Request, resolved: Resolved, *, verbose: bool, apart: bool = False) -> Show:
    from netsonde.cli._show import TableShow  # noqa: PLC0415 - programs read other forms

    return TableShow(asked, resolved, verbose=verbose, apart=apart)


def _tell_refused(crowd: Walk) -> None:
    """Say how many targets were left out, by reason; each of a few would have had a line."""
    words = {name.replace("_", " "): count for name, count in crowd.refused().items() if count}
    words.pop("unresolved", None)
    if words:
        told = ", ".join(f"{count} {reason}" for reason, count in words.items())
        click.echo(f"left out: {told}", err=True)


async def _follow(
    events: AsyncGenerator[Line, None], known: _Known, show: Show, progress: Progress
) -> int:
    """Show every event and return how many targets replied."""
    reached = 0
    async with aclosing(events) as stream:
        async for line in stream:
            event = line.event
            if isinstance(event, Result):
                reached += event.reached
                if known.follow_up:
                    known.follow_up.add(event)
            learned = await known.annotator.learn(responders(event)) if known.annotator else ()
            progress.hide()
            show.annotate(learned)
            if isinstance(event, FingerprintResult) and known.identifier:
                show.identify(known.identifier.identify(event))
            show.show(line)
            progress.update(event)
    return reached


async def _fingerprint(
    known: _Known, vantage: Vantage, form: Show | None, stop: asyncio.Event, *, verbose: bool
) -> None:
    """Fingerprint the routers that the paths had, and show what they cost."""
    wanted = known.follow_up
    assert wanted is not None, "asked for"
    resolved = await wanted.resolved(vantage)
    if left := len(resolved.problems):
        click.echo(f"not fingerprinted: {left} addresses that may not be probed", err=True)
    if not resolved.targets:
        return
    show = form or _tables(wanted.asked, resolved, verbose=verbose, apart=True)
    events = lines(wanted.asked, vantage, resolved, stop, append=True)
    with Progress(wanted.asked.kind, len(resolved.targets), sys.stderr) as progress:
        await _follow(events, known._replace(follow_up=None), show, progress)
    show.close()


def _annotator(given: dict[str, Any], vantage: Vantage) -> Annotator | None:
    """Return what learns names, systems and places of addresses, if anybody asked for them."""
    names, servers = given.pop("names", False), given.pop("name_servers", ())
    databases = given.pop("databases", ())
    if not (names or servers or databases):
        return None
    from netsonde.measure import Annotator  # noqa: PLC0415 - few ask, and its library is large

    return Annotator(databases, names=bool(names or servers), name_servers=servers, vantage=vantage)


def _family(*, four: bool, six: bool) -> Literal[4, 6] | None:
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
