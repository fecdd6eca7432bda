"""The results of one kind, from keyword options on: what the measuring functions share."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

from netsonde.measure import _run
from netsonde.measure._choose import choose
from netsonde.measure._request import request
from netsonde.model import (
    AliasResult,
    FingerprintResult,
    MultipathResult,
    NetsondeError,
    PingResult,
    TcpResult,
    TntResult,
    TraceResult,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping

    from netsonde.model import Kind

Result = TypeVar(
    "Result",
    PingResult,
    TraceResult,
    TntResult,
    AliasResult,
    MultipathResult,
    FingerprintResult,
    TcpResult,
)


async def one(result: type[Result], kind: Kind, target: str, options: Mapping[str, Any]) -> Result:
    """Return the result of a target.

    Raises:
        UsageError: The target or an option cannot be.
        HostError: The host lacks a right or a route.
    """
    async with aclosing(many(result, kind, [target], options)) as results:
        found = [result async for result in results]
    if found:
        return found[0]
    message = f"the measurement of {target} ended without a result"
    raise NetsondeError(message)


async def many(
    result: type[Result], kind: Kind, targets: Iterable[str], options: Mapping[str, Any]
) -> AsyncGenerator[Result, None]:
    """Yield the results of targets, as each one ends.

    Raises:
        UsageError: A target or an option cannot be; nothing was sent.
        HostError: The host lacks a right or a route.
    """
    asked = request(kind, options)
    run = asked.run
    vantage = choose(run.get("vantage"), run.get("privilege"), run.get("link"))
    resolved = await _run.prepare(asked, vantage, targets)
    for problem in resolved.problems:
        raise problem.error
    if not resolved.targets:
        return
    async with aclosing(_run.lines(asked, vantage, resolved)) as lines:
        async for line in lines:
            if isinstance(line.event, result):
                yield line.event
