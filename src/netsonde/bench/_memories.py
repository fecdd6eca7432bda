"""How much memory instances take while they measure, alone and many with equal pages merged."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from netsonde.bench._instances import echoes, instance
from netsonde.bench._ksm import merge_all, merging, settled
from netsonde.bench._proc import Memory
from netsonde.bench._values import BEGIN_S, Value, drained, until
from netsonde.model import HostError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from netsonde.bench._instances import Instance
    from netsonde.bench._peer import MirrorNetwork
    from netsonde.bench._values import Place

#: Instances at once: of a whole Debian as many as fit beside each other in a few minutes.
INSTANCES_MAX = {"vm": 2, "microvm": 6}
#: Echo requests that an instance has sent when it is measured.
_SENT = 3
#: Milliseconds between two.
_INTERVAL_MS = 100
#: So many that none ends meanwhile.
_COUNT = 5_000


async def memory(place: Place, runtime: str) -> list[Value]:
    """Measure one instance that sends ten echo requests a second."""
    async with waiting(place, runtime, 1) as ones:
        return await _measured(ones)


async def ksm(place: Place, runtime: str) -> list[Value]:
    """Measure many instances, before and after their equal pages were merged.

    Merged is what programs offer of themselves (QEMU: the RAM of guests), and then, where they can
    be told so, everything.
    """
    count = min(place.instances, INSTANCES_MAX.get(runtime, place.instances))
    found = [Value("instances", count, "1")]
    # What the daemon of Docker starts cannot be told anything by whoever asks for it.
    for name, first in (("default", None), ("opt-in", merge_all)):
        if name == "opt-in" and runtime == "docker":
            continue
        with ExitStack() as held:
            async with waiting(place, runtime, count, first=first) as ones:
                before = await _each(ones)
                held.enter_context(merging())
                took_s = await settled()
                after = await _each(ones)
                found += [
                    Value(f"{name}: PSS of each, unmerged", before.pss / count, "bytes"),
                    Value(f"{name}: PSS of each, merged", after.pss / count, "bytes"),
                    Value(f"{name}: settled", took_s * 1_000, "ms"),
                ]
    return found


@asynccontextmanager
async def waiting(
    place: Place, runtime: str, count: int, *, first: Callable[[], None] | None = None
) -> AsyncIterator[list[Instance]]:
    """Yield instances that send echo requests now and then, once each sent some.

    Args:
        place: Where.
        runtime: Which.
        count: How many.
        first: What each does between fork and exec.
    """
    networks = [place.mirror.network() for _ in range(count)]
    make = echoes(count=_COUNT, interval_ms=_INTERVAL_MS)
    async with AsyncExitStack() as held:
        ones = []
        readers = await held.enter_async_context(_readers())
        for network in networks:
            begun = instance(runtime, network, make, first=first)
            one = await held.enter_async_context(begun)
            ones.append(one)
            readers.append(asyncio.ensure_future(drained(one)))
        have_begun = partial(_have_sent, networks, readers)
        await until(have_begun, BEGIN_S, f"the start of {count} {runtime}")
        yield ones


@asynccontextmanager
async def _readers() -> AsyncIterator[list[asyncio.Future[HostError | None]]]:
    readers: list[asyncio.Future[HostError | None]] = []
    try:
        yield readers
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


def _have_sent(
    networks: Sequence[MirrorNetwork], readers: Sequence[asyncio.Future[HostError | None]]
) -> bool:
    """Return whether all have sent some.

    Raises:
        HostError: One of them has ended.
    """
    for reader in readers:
        if reader.done():
            raise reader.result() or HostError("an instance ended before it was measured")
    return all(len(network.seen.echoes) >= _SENT for network in networks)


async def _measured(ones: Sequence[Instance]) -> list[Value]:
    """Return the memory of one instance, part by part."""
    (one,) = ones
    parts = (await one.parts()).memory()
    found = []
    for name, of_part in parts.items():
        for kind, size in of_part._asdict().items():
            found.append(Value(f"{name}: {kind.upper()}", size, "bytes"))
    whole = _own(parts)
    found += [Value("RSS", whole.rss, "bytes"), Value("PSS", whole.pss, "bytes")]
    guest = one.guest_bytes()
    return found if guest is None else [*found, Value("guest RAM touched", guest, "bytes")]


async def _each(ones: Sequence[Instance]) -> Memory:
    total = Memory()
    for one in ones:
        total += _own((await one.parts()).memory())
    return total


def _own(parts: dict[str, Memory]) -> Memory:
    """Return what an instance has for itself: without the user's client and shared daemons."""
    return parts.get("main", Memory()) + parts.get("monitor", Memory())
