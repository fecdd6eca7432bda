"""What a measurement needs of the place it runs from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, AsyncIterable

    from netsonde.measure._streams import Frame
    from netsonde.measure._walk import Routes
    from netsonde.model import Address, Privilege


class Vantage(Protocol):
    """A place to measure from: this host (`_host.Host(privilege)`), or a lab (`_lab.LabVantage`).

    `privilege` is "auto", "raw" or "none".
    """

    @property
    def is_virtual(self) -> bool:
        """True if no packet leaves this process: nothing is refused, and runs repeat by seed."""

    def privilege(self) -> Privilege:
        """Return what the vantage sees.

        Raises:
            HostError: The caller asked for more than the host allows.
        """

    def known_addresses(self, name: str) -> tuple[Address, ...]:
        """Return the addresses of a name that only this vantage knows; none on a host."""

    def known_name(self, address: Address) -> str:
        """Return the name of an address that only this vantage knows; nothing on a host."""

    def source(self, target: Address) -> Address:
        """Return the vantage's address towards a target.

        Raises:
            HostError: There is no route.
        """

    def mtu(self, source: Address | None) -> int:
        """Return the size of the largest packets that leave from an address of the vantage.

        Without one, that of the largest packets that leave it at all.

        Raises:
            HostError: It cannot be known.
        """

    def run(
        self, job: bytes, stop: asyncio.Event, *, capture: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Run a job and yield its events, one JSON object each, without line ends.

        The last event is `done` or `failed`. Setting `stop` ends the job with what it has;
        closing the generator ends it at once, and either way nothing is left running.

        Args:
            job: One JSON object; `privilege` in it is what this vantage said.
            stop: Set by the caller to interrupt.
            capture: A descriptor to which what is sent and received is written, as pcapng.
        """

    def routes(self) -> Routes:
        """Return what fills in the sources of packed targets."""

    def stream(
        self,
        job: bytes,
        targets: AsyncIterable[bytes] | None,
        stop: asyncio.Event,
        *,
        capture: int | None = None,
    ) -> AsyncGenerator[Frame, None]:
        """Run a job whose targets come while it runs, and yield its output, in pieces.

        Args:
            job: One JSON object; `output` in it says what the pieces are.
            targets: Packed targets, any number of them at once.
            stop: Set by the caller to interrupt.
            capture: A descriptor to which what is sent and received is written, as pcapng.
        """
