"""A lab as vantage: virtual time, no packet leaves the process."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

import msgspec

from netsonde import _core
from netsonde.measure._sources import Sources
from netsonde.measure._streams import EVENT, TABLE, Frame, unpack
from netsonde.model import Job, Output, Privilege, UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable

    from netsonde.lab import Lab
    from netsonde.model import Address

#: Targets of one run in a lab at most: all are gathered before virtual time begins.
TARGETS_MAX = 1_000_000
#: The numbers of the tables in frames.
_TABLES = {name: number for number in range(256) if (name := _core.table_name(number))}


class LabVantage:
    """Measures from an attachment of a lab.

    Args:
        lab: The lab; its own attachment is the vantage point.
    """

    is_virtual = True

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def privilege(self) -> Privilege:
        """Return what the vantage sees: everything."""
        return Privilege.RAW

    def known_addresses(self, name: str) -> tuple[Address, ...]:
        """Return the addresses of a node or attachment of the lab."""
        return tuple(map(str, self._lab.addresses(name)))

    def known_name(self, address: Address) -> str:
        """Return the node or attachment of the lab that has an address."""
        return self._lab.name_of(ip_address(address))

    def source(self, target: Address) -> Address:
        """Return the attachment's address in the family of the target.

        Raises:
            UsageError: It has none.
        """
        return str(self._lab.source(ip_address(target)))

    def routes(self) -> Sources:
        """Return what fills in the sources of packed targets."""
        return Sources(self.source, is_one_per_family=True)

    async def stream(
        self,
        job: bytes,
        targets: AsyncIterable[bytes] | None,
        stop: asyncio.Event,
        *,
        capture: int | None = None,
    ) -> AsyncGenerator[Frame, None]:
        """Run a job whose targets are gathered first, and yield its output, in pieces.

        Raises:
            UsageError: There are more targets than a lab takes.
        """
        asked = msgspec.json.decode(job, type=Job)
        if targets is not None:
            gathered = [target async for chunk in targets for target in unpack(chunk)]
            if len(gathered) > TARGETS_MAX:
                message = f"a lab takes {TARGETS_MAX} targets in one run at most"
                raise UsageError(message, "measure a part of them")
            if not gathered:
                return
            asked = msgspec.structs.replace(asked, targets=tuple(gathered), stream_targets=False)
        task = msgspec.json.encode(asked)
        for frame in await self._measure(task, stop, asked.output, capture):
            yield frame

    def mtu(self, source: Address | None) -> int:
        """Return the size of the largest packets that the attachment's link carries."""
        del source
        return self._lab.mtu()

    async def run(
        self, job: bytes, stop: asyncio.Event, *, capture: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Run a job in virtual time, and yield its events; stopped, those that there are."""
        for frame in await self._measure(job, stop, Output.EVENTS, capture):
            yield frame.payload

    async def _measure(
        self, job: bytes, stop: asyncio.Event, output: Output, capture: int | None
    ) -> list[Frame]:
        taken = _Taken(stop)
        rows = taken.append_rows if output is Output.COLUMNS else None
        with suppress(_StoppedError):
            await asyncio.to_thread(self._lab.run, job, taken, rows=rows, capture_fd=capture)
        return taken.frames


class _Taken:
    """Takes what a job says until it is to stop."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self.frames: list[Frame] = []

    def append(self, event: bytes, /) -> None:
        self._take(Frame(EVENT, 0, event))

    def append_rows(self, table: str, chunk: bytes) -> None:
        self._take(Frame(TABLE, _TABLES[table], chunk))

    def _take(self, frame: Frame) -> None:
        if self._stop.is_set():
            raise _StoppedError
        self.frames.append(frame)


class _StoppedError(Exception):
    """Ends a run from within: the lab passes on what a callback raises."""
