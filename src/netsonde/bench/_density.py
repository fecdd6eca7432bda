"""How many instances live side by side within a limit on memory, or on processor time."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, NamedTuple

from netsonde.bench._groups import group
from netsonde.bench._instances import echoes, instance, token
from netsonde.bench._values import Value, drained
from netsonde.model import HostError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from netsonde.bench._groups import Group
    from netsonde.bench._peer import MirrorNetwork
    from netsonde.bench._values import Place

#: What all instances together may have.
MEMORY_BYTES, CPU_SHARE = 2 << 30, 0.25
#: Seconds between two starts.
APART_S = 0.1
#: An instance is alive if it sent a packet within so many seconds; it sends one each.
ALIVE_S = 3.0
#: Seconds after the last start, in which starts may come to their end.
SETTLE_S = {"vm": 75.0, "microvm": 30.0, "docker": 15.0, "podman": 15.0}
_SETTLE_S = 4.0
#: Instances that are started at most, under the limit on memory and under that on time.
STARTS_MAX = {"vm": (2, 1), "microvm": (8, 4), "unikernel": (250, 60), "process": (150, 60)}
_STARTS_MAX = (40, 40)
_COUNT = 5_000


class Limit(NamedTuple):
    """A limit on all instances together."""

    name: str
    memory_bytes: int | None
    cpu_share: float | None


LIMITS = (Limit("memory", MEMORY_BYTES, None), Limit("cpu", None, CPU_SHARE))


async def density(place: Place, runtime: str) -> list[Value]:
    """Start instances a tenth of a second apart and count those that are alive in the end."""
    found = []
    for number, limit in enumerate(LIMITS):
        most = place.density or STARTS_MAX.get(runtime, _STARTS_MAX)[number]
        name = f"density-{token()}"
        with group(name, memory_bytes=limit.memory_bytes, cpu_share=limit.cpu_share) as held:
            found += await _alive(place, runtime, limit, held, most)
    return found


async def _alive(place: Place, runtime: str, limit: Limit, within: Group, most: int) -> list[Value]:
    """Return how many of the instances live, and what they take."""
    networks: list[MirrorNetwork] = []
    async with AsyncExitStack() as held:
        begun_s = time.monotonic()
        starting: list[asyncio.Task[None]] = []
        tasks = await held.enter_async_context(_Crowd())
        while len(starting) < most and (limit.memory_bytes is None or not within.kills):
            network = place.mirror.network()
            networks.append(network)
            starting.append(tasks.start(_live(runtime, network, within)))
            await asyncio.sleep(max(0.0, begun_s + APART_S * len(starting) - time.monotonic()))
        settle_s = SETTLE_S.get(runtime, _SETTLE_S)
        await _until_all(networks, settle_s)
        alive, charged = _count(networks), within.charged_bytes
        running, kills = sum(not one.done() for one in starting), within.kills
    values = [
        Value(f"{limit.name}: started", len(networks), "1"),
        Value(f"{limit.name}: alive", alive, "1"),
    ]
    if limit.memory_bytes is None:
        return values
    # One that boots still has its memory, too.
    each = charged / max(running, 1)
    fit = alive if kills or not running else limit.memory_bytes / max(each, 1)
    return [
        *values,
        Value("memory: charged to each", each, "bytes"),
        # Where the number of starts was the limit, not memory: as many as would fit.
        Value("memory: would fit", fit, "1"),
    ]


class _Crowd:
    """Instances that live until the context ends."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> _Crowd:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, what: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(what)
        self._tasks.append(task)
        return task


async def _live(runtime: str, network: MirrorNetwork, within: Group) -> None:
    make = echoes(count=_COUNT, interval_ms=1_000)
    try:
        async with instance(runtime, network, make, group=within) as one:
            await drained(one)
    except HostError:
        pass  # it found no room: it is not counted


async def _until_all(networks: list[MirrorNetwork], seconds: float) -> None:
    """Wait until all are alive, but no longer than so many seconds."""
    until_s = time.monotonic() + seconds
    # Who was alive a moment ago may be about to be killed.
    await asyncio.sleep(min(seconds, ALIVE_S))
    while time.monotonic() < until_s and _count(networks) < len(networks):
        await asyncio.sleep(APART_S)


def _count(networks: list[MirrorNetwork]) -> int:
    now_ns = time.monotonic_ns()
    return sum(now_ns - network.seen.last_ns < ALIVE_S * 1e9 for network in networks)
