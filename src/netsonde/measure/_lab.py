"""A lab as vantage: virtual time, no packet leaves the process."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

from netsonde.model import Privilege

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from netsonde.lab import Lab
    from netsonde.model import Address


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

    async def run(self, job: bytes, stop: asyncio.Event) -> AsyncGenerator[bytes, None]:
        """Run a job in virtual time, and yield its events; stopped, those that there are."""
        events = _Events(stop)
        with suppress(_StoppedError):
            await asyncio.to_thread(self._lab.run, job, events)
        for event in events:
            yield event


class _Events(list[bytes]):
    """Takes events until the run is to stop."""

    def __init__(self, stop: asyncio.Event) -> None:
        super().__init__()
        self._stop = stop

    def append(self, event: bytes) -> None:
        if self._stop.is_set():
            raise _StoppedError
        super().append(event)


class _StoppedError(Exception):
    """Ends a run from within: the lab passes on what a callback raises."""
