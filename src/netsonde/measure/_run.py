"""Runs a request: resolves, checks, sends, and yields what comes back."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

from netsonde.measure._request import Request, job
from netsonde.measure._resolve import Resolved, resolve
from netsonde.model import Event, Failed, NetsondeError, decode_event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from netsonde.measure._vantage import Vantage


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
    family = asked.run.get("family")
    return await resolve(
        names, vantage, family=family, allow_special_purpose=asked.allows_special_purpose
    )


async def lines(
    asked: Request, vantage: Vantage, resolved: Resolved, stop: asyncio.Event | None = None
) -> AsyncGenerator[Line, None]:
    """Yield the events of a request.

    Args:
        asked: What to measure.
        vantage: Where to measure from.
        resolved: The targets.
        stop: When set, the job ends with what it has.

    Raises:
        NetsondeError: The job was refused, or failed on the way.
    """
    task = job(asked, vantage, resolved.targets)
    async with aclosing(vantage.run(task, stop or asyncio.Event())) as stream:
        async for raw in stream:
            event = decode_event(raw)
            yield Line(raw, event)
            if isinstance(event, Failed):
                raise NetsondeError(event.reason, event.hint)
