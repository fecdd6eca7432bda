"""Waiting without an event loop."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from netsonde.measure import _blocking
from netsonde.model import UsageError


async def _answer() -> int:
    await asyncio.sleep(0)
    return 42


class _Count:
    """Counts, and notes when it was closed."""

    def __init__(self) -> None:
        self.closed = False

    async def run(self) -> AsyncGenerator[int, None]:
        try:
            for number in range(3):
                await asyncio.sleep(0)
                yield number
        finally:
            self.closed = True


def test_run_waits_for_the_result() -> None:
    assert _blocking.run(_answer(), "ping") == 42


def test_iterate_yields_everything_and_closes() -> None:
    count = _Count()
    assert list(_blocking.iterate(count.run(), "ping_many")) == [0, 1, 2]
    assert count.closed


def test_leaving_an_iteration_early_closes_the_measurement() -> None:
    count = _Count()
    results = _blocking.iterate(count.run(), "ping_many")
    assert next(results) == 0
    assert not count.closed
    results.close()
    assert count.closed


def test_a_running_loop_is_refused_with_what_to_write_instead() -> None:
    async def inside() -> None:
        _blocking.run(_answer(), "tnt")

    with pytest.raises(UsageError) as caught:
        asyncio.run(inside())
    assert caught.value.hint == "await netsonde.aio.tnt(...)"


class _Large:
    """A result that is expensive to show."""

    shown = 0

    def __repr__(self) -> str:
        _Large.shown += 1
        return ""


async def _large() -> AsyncGenerator[_Large, None]:
    for _ in range(2):
        yield _Large()


def test_results_are_not_made_into_text_on_the_way() -> None:
    found = list(_blocking.iterate(_large(), "ping_many"))
    assert (len(found), _Large.shown) == (2, 0)
