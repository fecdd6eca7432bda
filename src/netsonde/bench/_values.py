"""What experiments share: numbers with units, and where they take place."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, NamedTuple

from netsonde.model import HostError

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsonde.bench._instances import Instance
    from netsonde.bench._peer import Mirror
    from netsonde.lab import Lab

#: Seconds until an instance sends its first packet, at most: a whole Debian boots in twenty when
#: it is alone.
BEGIN_S = 180.0
_LOOK_S = 0.01


class Value(NamedTuple):
    """One number of a repetition."""

    metric: str
    value: float
    unit: str


class Place(NamedTuple):
    """Where experiments take place.

    Attributes:
        lab: The network.
        mirror: Answers at once, in place of the lab, where many instances run or the wire must
            have no length.
        instances: How many run at once in the experiment with merged memory, at most.
        density: How many are started in the experiment on density, at most; None for what each
            runtime takes.
        seconds: How long instances are started in the experiment on starts per second.
    """

    lab: Lab
    mirror: Mirror
    instances: int = 20
    density: int | None = None
    seconds: float = 3.0


def milliseconds(metric: str, first_ns: int, last_ns: int) -> Value:
    """Return the time from one moment to another."""
    return Value(metric, (last_ns - first_ns) / 1e6, "ms")


async def until(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something is so.

    Raises:
        HostError: It was not so in time.
    """
    try:
        async with asyncio.timeout(seconds):
            while not is_so():
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise HostError(f"{what} took longer than {seconds:g} s") from None


async def drained(instance: Instance) -> HostError | None:
    """Read the events of an instance until it ends, and return why; what nobody reads blocks it."""
    try:
        async for _ in instance.run.lines():
            pass
    except HostError as error:
        return error
    return None


async def ended(pid: int) -> None:
    """Wait until a program has ended by itself."""
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        loop.add_reader(handle, gone.set)
        await gone.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)
