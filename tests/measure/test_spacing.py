"""Turns, never more often than a rate."""

import asyncio

from netsonde.measure._spacing import Spacing


def test_turns_are_an_interval_apart_whoever_waits() -> None:
    async def take(count: int) -> list[float]:
        spacing, loop = Spacing(200), asyncio.get_running_loop()

        async def one() -> float:
            await spacing.turn()
            return loop.time()

        return sorted(await asyncio.gather(*(one() for _ in range(count))))

    times = asyncio.run(take(20))
    assert times[-1] - times[0] >= 19 / 200 * 0.99


def test_the_first_turn_is_at_once() -> None:
    async def first() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await Spacing(1).turn()
        return loop.time() - began

    assert asyncio.run(first()) < 0.5
