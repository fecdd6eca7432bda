"""What a program complains of, read as it comes: a pipe that nobody empties stops who writes."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager, closing, suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

#: Octets that are kept: the last ones, which say why it ended.
KEPT_BYTES = 4_096


class Complaints(asyncio.Protocol):
    """The end of what came on a pipe."""

    def __init__(self) -> None:
        self._kept = b""
        self._over = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Keep the end of what came."""
        self._kept = (self._kept + data)[-KEPT_BYTES:]

    def eof_received(self) -> None:
        """Note that no more will come."""
        self._over.set()

    async def text(self, wait_s: float) -> str:
        """Return it, once all of it has come or so many seconds have passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._over.wait()
        return self._kept.decode(errors="replace").strip()


@asynccontextmanager
async def complaining() -> AsyncIterator[tuple[Complaints, IO[bytes]]]:
    """Yield the complaints of a program, and what it is to write them to.

    Whoever has started the program closes that. At the end nothing is waited for: what the program
    started in turn may have the pipe for longer.
    """
    ends = os.pipe()
    with os.fdopen(ends[0], "rb", 0) as ours, os.fdopen(ends[1], "wb", 0) as theirs:
        loop = asyncio.get_running_loop()
        transport, told = await loop.connect_read_pipe(Complaints, ours)
        with closing(transport):
            yield told, theirs
