"""One turn at a time, never more often than a rate."""

from __future__ import annotations

import asyncio

_SECOND_NS = 1_000_000_000


class Spacing:
    """Gives turns at least an interval apart, so that no second holds more than the rate.

    Args:
        rate_pps: Turns per second.
    """

    def __init__(self, rate_pps: int) -> None:
        self._interval_s = -(-_SECOND_NS // rate_pps) / _SECOND_NS
        self._next_s = 0.0

    async def turn(self) -> None:
        """Wait for a turn."""
        loop = asyncio.get_running_loop()
        mine_s = max(self._next_s, loop.time())
        self._next_s = mine_s + self._interval_s
        if (wait_s := mine_s - loop.time()) > 0:
            await asyncio.sleep(wait_s)
