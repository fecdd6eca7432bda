"""Runs the async functions for callers without an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from netsonde.model import UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Generator

T = TypeVar("T")


def run(measurement: Coroutine[object, object, T], name: str) -> T:
    """Return the result of a measurement, having waited for it.

    Raises:
        UsageError: An event loop runs in this thread already.
    """
    try:
        _refuse_running_loop(name, "await ")
    except UsageError:
        measurement.close()
        raise
    return asyncio.run(measurement)


def iterate(results: AsyncGenerator[T, None], name: str) -> Generator[T, None, None]:
    """Yield the results of a measurement; closing the iterator ends it.

    Raises:
        UsageError: An event loop runs in this thread already.
    """
    _refuse_running_loop(name, "async for ... in ")
    return _iterate(results)


def _iterate(results: AsyncGenerator[T, None]) -> Generator[T, None, None]:
    # Leaving the runner closes the generators that it has begun.
    taken: list[T] = []
    with asyncio.Runner() as runner:
        while runner.run(_take_next(results, taken)):
            yield taken.pop()


async def _take_next(results: AsyncGenerator[T, None], taken: list[T]) -> bool:
    """Take the next result; false if there is none.

    It is not returned: the runner's handling of signals makes a text of the task, its result
    included, and a result may be megabytes.
    """
    async for result in results:
        taken.append(result)
        return True
    return False


def _refuse_running_loop(name: str, how: str) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    message = f"netsonde.{name}() cannot wait inside a running event loop"
    raise UsageError(message, f"{how}netsonde.aio.{name}(...)")
