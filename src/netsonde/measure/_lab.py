"""A lab as vantage: virtual time, no packet leaves the process."""

from __future__ import annotations

import asyncio
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

    def source(self, target: Address) -> Address:
        """Return the attachment's address in the family of the target.

        Raises:
            UsageError: It has none.
        """
        return str(self._lab.source(ip_address(target)))

    async def run(self, job: bytes, stop: asyncio.Event) -> AsyncGenerator[bytes, None]:
        """Run a job and yield its events; virtual time is over before `stop` could matter."""
        events: list[bytes] = []
        await asyncio.to_thread(self._lab.run, job, events)
        for event in events:
            yield event
