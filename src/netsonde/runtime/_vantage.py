"""A runtime as vantage: what measures from an image, wherever it runs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from ipaddress import ip_address
from typing import TYPE_CHECKING

import msgspec

from netsonde.measure import EVENT, Frame, Sources, unpack
from netsonde.model import Job, Output, Privilege, UsageError
from netsonde.runtime._host_network import MTU
from netsonde.runtime._lab_network import LabNetwork

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable

    from netsonde.model import Address
    from netsonde.runtime._runtime import Runtime

#: Targets of one run at most: an image has little memory.
TARGETS_MAX = 10_000
#: Sources until the card is plugged in and has its own: those of the first network.
_FIRST = {4: "100.127.240.2", 6: "fd6e:7300:736f::2"}


class RuntimeVantage:
    """Measures from an image.

    Args:
        runtime: Where it runs.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        network = runtime.network
        self._lab = network.lab if isinstance(network, LabNetwork) else None

    @property
    def is_virtual(self) -> bool:
        """True in a lab: no packet leaves this host, and nothing is refused."""
        return self._lab is not None

    def privilege(self) -> Privilege:
        """Return what the image sees: everything."""
        return Privilege.RAW

    def known_addresses(self, name: str) -> tuple[Address, ...]:
        """Return the addresses of a node or attachment of the lab; none on a host."""
        return () if self._lab is None else tuple(map(str, self._lab.addresses(name)))

    def known_name(self, address: Address) -> str:
        """Return the node or attachment of the lab that has an address; nothing on a host."""
        return "" if self._lab is None else self._lab.name_of(ip_address(address))

    def source(self, target: Address) -> Address:
        """Return the card's address in the family of the target.

        Raises:
            UsageError: It has none.
        """
        if self._lab is not None:
            return str(self._lab.source(ip_address(target)))
        return _FIRST[ip_address(target).version]

    def routes(self) -> Sources:
        """Return what fills in the sources of packed targets."""
        return Sources(self.source, is_one_per_family=True)

    def mtu(self, source: Address | None) -> int:
        """Return the size of the largest packets that leave the card."""
        del source
        return MTU if self._lab is None else self._lab.mtu()

    async def run(
        self, job: bytes, stop: asyncio.Event, *, capture: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Run a job in the image and yield its events.

        Raises:
            UsageError: A capture is wanted: an image does not write files.
            NetsondeError: It cannot be started, or passes a limit.
        """
        if capture is not None:
            message = "an image writes no capture"
            raise UsageError(message, "leave out --runtime, or capture on the way")
        async with self._runtime.start(job) as run:
            waiting = asyncio.ensure_future(_stop_when(stop, run.stop))
            try:
                async with aclosing(run.lines()) as lines:
                    async for line in lines:
                        yield line
            finally:
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)

    async def stream(
        self,
        job: bytes,
        targets: AsyncIterable[bytes] | None,
        stop: asyncio.Event,
        *,
        capture: int | None = None,
    ) -> AsyncGenerator[Frame, None]:
        """Run a job whose targets are gathered first, and yield its events.

        Raises:
            UsageError: There are more targets than an image takes, or tables or a capture are
                wanted.
        """
        asked = msgspec.json.decode(job, type=Job)
        if asked.output is not Output.EVENTS:
            message = "an image gives events, and no tables"
            raise UsageError(message, "campaigns measure from this host")
        if targets is not None:
            gathered = []
            async for chunk in targets:
                gathered += list(unpack(chunk))
                if len(gathered) > TARGETS_MAX:
                    message = f"an image takes {TARGETS_MAX} targets in one run at most"
                    raise UsageError(message, "measure a part of them")
            if not gathered:
                return
            asked = msgspec.structs.replace(asked, targets=tuple(gathered), stream_targets=False)
        async with aclosing(self.run(msgspec.json.encode(asked), stop, capture=capture)) as events:
            async for event in events:
                yield Frame(EVENT, 0, event)


async def _stop_when(stop: asyncio.Event, action: Callable[[], None]) -> None:
    await stop.wait()
    action()
