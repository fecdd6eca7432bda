"""Runs experiments by turns, within a budget of time for each runtime, and keeps what comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from netsonde.bench._density import density
from netsonde.bench._machine import load, versions
from netsonde.bench._memories import ksm, memory
from netsonde.bench._rows import Cell, Repetition, Row
from netsonde.bench._sizes import size
from netsonde.bench._timing import FLOOR, rate, timing
from netsonde.bench._trips import rtt
from netsonde.bench._values import Place, Value
from netsonde.model import NetsondeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netsonde.bench._rows import Folder

Experiment: TypeAlias = Callable[[Place, str], Awaitable[list[Value]]]


class Kind(NamedTuple):
    """An experiment, and what it may cost.

    Attributes:
        run: One repetition.
        share: Of the budget of a runtime.
        repeat_max: Repetitions that make sense.
    """

    run: Experiment
    share: float
    repeat_max: int = 1_000_000


#: In the order in which they take turns: the quick ones first.
EXPERIMENTS = {
    "size": Kind(size, 0.05, repeat_max=1),
    "time": Kind(timing, 0.35),
    "rtt": Kind(rtt, 0.15),
    "memory": Kind(memory, 0.1),
    "rate": Kind(rate, 0.1),
    "ksm": Kind(ksm, 0.15),
    "density": Kind(density, 0.1),
}
RUNTIMES = ("process", "podman", "docker", "unikernel", "microvm", "vm")
#: Failures in a row after which an experiment is left.
FAILURES_MAX = 3
REPEAT, BUDGET_S = 30, 200.0


class Plan(NamedTuple):
    """What is to be run.

    Attributes:
        runtimes: Where.
        experiments: What.
        repeat: Repetitions of each experiment in each runtime.
        budget_s: Seconds for each runtime. An experiment has a share of it; beyond that it is
            repeated no more, but run once in any case.
    """

    runtimes: Sequence[str] = RUNTIMES
    experiments: Sequence[str] = tuple(EXPERIMENTS)
    repeat: int = REPEAT
    budget_s: float = BUDGET_S

    def cells(self) -> list[Cell]:
        """Return each experiment in each runtime; QEMU's own floor beside the unikernel."""
        found = [Cell(one, runtime) for one in self.experiments for runtime in self.runtimes]
        if Cell("time", "unikernel") in found:
            found.insert(found.index(Cell("time", "unikernel")) + 1, Cell("time", FLOOR))
        return found

    def wants(self, cell: Cell, done: Sequence[Repetition]) -> bool:
        """Return whether one more repetition is to be run after those that are done."""
        kind = EXPERIMENTS[cell.experiment]
        if len(done) >= min(self.repeat, kind.repeat_max):
            return False
        last = done[-FAILURES_MAX:]
        if len(last) == FAILURES_MAX and all(one.complaint for one in last):
            return False
        spent_s, share_s = sum(one.took_s for one in done), self.budget_s * kind.share
        if all(one.complaint for one in done):
            # What gave nothing yet may take twice as long, so that one bad start is not the end.
            return not done or spent_s <= 2 * share_s
        return spent_s + spent_s / len(done) <= share_s


class Turn(NamedTuple):
    """A repetition that begins, for whoever shows progress."""

    cell: Cell
    number: int
    done: int
    """Repetitions that were finished, of all."""


def turns(plan: Plan, finished: Sequence[Repetition]) -> Iterator[tuple[Cell, list[Repetition]]]:
    """Yield whose turn it is, and what it has done; whoever asks adds to that.

    Each cell has one turn a round, so that what changes on the host meanwhile meets all alike.
    """
    done: dict[Cell, list[Repetition]] = {cell: [] for cell in plan.cells()}
    for one in finished:
        cell = Cell(one.experiment, one.runtime)
        if cell in done:
            done[cell].append(one)
    is_wanted = True
    while is_wanted:
        is_wanted = False
        for cell, of_cell in done.items():
            if plan.wants(cell, of_cell):
                is_wanted = True
                yield cell, of_cell


def run(
    plan: Plan,
    place: Place,
    folder: Folder,
    finished: Sequence[Repetition],
    *,
    image: str,
    tell: Callable[[Turn], None],
) -> None:
    """Run what is left of a plan; each repetition is kept as soon as it has ended.

    Args:
        plan: What.
        place: Where.
        folder: Keeps it.
        finished: What an earlier run did.
        image: Digest of the image.
        tell: Is called as each repetition begins.
    """
    count = len(finished)
    for cell, of_cell in turns(plan, finished):
        tell(Turn(cell, len(of_cell), count))
        repetition = _once(place, cell, len(of_cell), image)
        of_cell.append(repetition)
        folder.add(repetition)
        count += 1


def _once(place: Place, cell: Cell, number: int, image: str) -> Repetition:
    """Run one repetition; that it failed is a result, too."""
    load1, began_s = load(), time.monotonic()
    try:
        values = asyncio.run(_run(place, cell))
    except NetsondeError as error:
        return Repetition(
            experiment=cell.experiment,
            runtime=cell.runtime,
            number=number,
            took_s=time.monotonic() - began_s,
            complaint=error.message or type(error).__name__,
        )
    rows = tuple(
        Row(
            experiment=cell.experiment,
            runtime=cell.runtime,
            repetition=number,
            metric=value.metric,
            value=float(value.value),
            unit=value.unit,
            load1=load1,
            versions=versions(cell.runtime),
            image="" if cell.runtime == FLOOR else image,
        )
        for value in values
    )
    took_s = time.monotonic() - began_s
    return Repetition(
        experiment=cell.experiment, runtime=cell.runtime, number=number, took_s=took_s, rows=rows
    )


async def _run(place: Place, cell: Cell) -> list[Value]:
    return await EXPERIMENTS[cell.experiment].run(place, cell.runtime)
