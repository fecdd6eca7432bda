"""Runs a request: resolves, checks, sends, and yields what comes back."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

from netsonde.measure._capture import capture_file, refuse_gaps
from netsonde.measure._request import SEED_VIRTUAL, Request, excluded, job
from netsonde.measure._resolve import Resolved, resolve
from netsonde.measure._streams import unpack
from netsonde.measure._walk import Walk
from netsonde.model import Counters, Done, Event, Failed, NetsondeError, UsageError, decode_event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from netsonde.measure._target_list import TargetList
    from netsonde.measure._vantage import Vantage
    from netsonde.model import Target

#: Targets that are measured together at most.
GATHERED_MAX = 65_536


class Line(NamedTuple):
    """One event, as it came and as it reads."""

    raw: bytes
    """One JSON object, without line end."""
    event: Event
    """The same, decoded."""


async def prepare(asked: Request, vantage: Vantage, names: Iterable[str]) -> Resolved:
    """Resolve the targets of a request, and check its options even if no target is left.

    Raises:
        NetsondeError: The options or the vantage cannot do it, whatever the targets.
    """
    return await resolve(
        names,
        vantage,
        family=asked.run.get("family"),
        allow_special_purpose=asked.allows_special_purpose,
        exclude=excluded(asked, vantage),
    )


def walk(asked: Request, vantage: Vantage, wanted: TargetList) -> Walk:
    """Return the targets of a request that come while it runs: many, or those of prefixes.

    Raises:
        NetsondeError: A do-not-probe list cannot be read as one.
    """
    seed = asked.run.get("seed")
    if seed is None:
        seed = SEED_VIRTUAL if vantage.is_virtual else int.from_bytes(os.urandom(4), "big")
    return Walk(
        wanted,
        vantage,
        seed=seed,
        exclude=excluded(asked, vantage),
        allow_special_purpose=asked.allows_special_purpose,
        family=asked.run.get("family"),
    )


async def gather(targets: Walk) -> Resolved:
    """Return all targets of a walk at once, for measurements that need to know them all.

    Raises:
        UsageError: There are more than `GATHERED_MAX`.
    """
    found: list[Target] = []
    async with aclosing(targets.chunks()) as chunks:
        async for records in chunks:
            found += unpack(records)
            if len(found) > GATHERED_MAX:
                message = f"more than {GATHERED_MAX} targets, and all are measured together"
                raise UsageError(message, "measure a part of them")
    return Resolved(tuple(found), targets.names, tuple(targets.problems))


async def stream(
    asked: Request, vantage: Vantage, targets: Walk, stop: asyncio.Event | None = None
) -> AsyncGenerator[Line, None]:
    """Yield the events of a request whose targets come while it runs.

    Args:
        asked: What to measure.
        vantage: Where to measure from.
        targets: The targets.
        stop: When set, the job ends with what it has.

    Raises:
        NetsondeError: The job was refused, failed on the way, or its capture lacks packets.
    """
    task = job(asked, vantage, None)
    pcap, counters = asked.run.get("pcap"), None
    with capture_file(pcap) as capture:
        stop = stop or asyncio.Event()
        output = vantage.stream(task, targets.chunks(), stop, capture=capture)
        async with aclosing(output) as frames:
            async for frame in frames:
                line = _line(frame.payload)
                counters = _counters(line.event) or counters
                yield line
    refuse_gaps(pcap, counters)


async def lines(
    asked: Request,
    vantage: Vantage,
    resolved: Resolved,
    stop: asyncio.Event | None = None,
    *,
    append: bool = False,
) -> AsyncGenerator[Line, None]:
    """Yield the events of a request.

    Args:
        asked: What to measure.
        vantage: Where to measure from.
        resolved: The targets.
        stop: When set, the job ends with what it has.
        append: Keep what an earlier job wrote to the capture.

    Raises:
        NetsondeError: The job was refused, failed on the way, or its capture lacks packets.
    """
    task = job(asked, vantage, resolved.targets)
    pcap, counters = asked.run.get("pcap"), None
    with capture_file(pcap, append=append) as capture:
        output = vantage.run(task, stop or asyncio.Event(), capture=capture)
        async with aclosing(output) as stream:
            async for raw in stream:
                line = _line(raw)
                counters = _counters(line.event) or counters
                yield line
    refuse_gaps(pcap, counters)


def _line(raw: bytes) -> Line:
    event = decode_event(raw)
    if isinstance(event, Failed):
        raise NetsondeError(event.reason, event.hint)
    return Line(raw, event)


def _counters(event: Event) -> Counters | None:
    return event.counters if isinstance(event, Done) else None
