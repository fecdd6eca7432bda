"""Keeps the results of a measurement that is no campaign in a dataset."""

from __future__ import annotations

import datetime
import platform
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec

from netsonde import _core
from netsonde.model import Done, HostError, Result
from netsonde.store import Dataset, Run

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from pathlib import Path

    from netsonde.measure import Line, Vantage


def new_run(vantage: Vantage, options: Mapping[str, Any], seed: int = 0) -> Run:
    """Return what is known of a run that begins now.

    Args:
        vantage: Where it measures from; its clock begins at the run's epoch.
        options: What is asked, for the record.
        seed: Draws its order.
    """
    return Run(
        started=now(),
        host=platform.node(),
        version=_core.VERSION,
        seed=seed,
        epoch_ns=0 if vantage.is_virtual else time.time_ns() - time.monotonic_ns(),
        options=dict(options),
    )


def now() -> str:
    """Return the time of day, UTC, ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


async def keep(
    events: AsyncGenerator[Line, None], directory: Path | str, run: Run
) -> AsyncGenerator[Line, None]:
    """Yield events, the results among them once they are in a dataset, as a run of its own.

    Args:
        events: What a measurement says.
        directory: Where the results go; what is there already stays.
        run: What is known of the measurement.

    Raises:
        UsageError: Another process writes there.
        HostError: It cannot be written to.
        FormatError: What is there is damaged.
    """
    try:
        async with aclosing(events) as stream, Dataset(directory).writer(run) as writer:
            async for line in stream:
                if isinstance(line.event, Result):
                    writer.append_result(line.raw)
                elif isinstance(line.event, Done):
                    counters = msgspec.to_builtins(line.event.counters)
                    writer.finish(ended=now(), counters=counters)
                yield line
    except OSError as error:
        message = f"cannot write to {directory}: {error.strerror}"
        raise HostError(message, "name a directory with room") from error
