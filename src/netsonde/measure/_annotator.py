"""Names, systems and places of the addresses that a measurement meets."""

from __future__ import annotations

import ipaddress
from contextlib import aclosing
from typing import TYPE_CHECKING

from msgspec import structs

from netsonde.annotate import Databases
from netsonde.measure._choose import choose
from netsonde.measure._functions import dns_many
from netsonde.model import Annotation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from netsonde.measure._choose import VantageLike
    from netsonde.model import Address

#: A name that is not there at once is not worth waiting for: the measurement is what counts.
_TIMEOUT_MS = 1_000
_ATTEMPTS = 2
_RATE_PPS = 200


class Annotator:
    """Learns what others know of addresses, each once.

    Args:
        databases: Files with AS numbers and places; see `netsonde.annotate.open_database`.
        names: Ask for the names of addresses, too (PTR).
        name_servers: Servers to ask; the host's own unless given.
        port: Port of the servers.
        vantage: Where the addresses were met: a lab knows its routers by name, and is not asked
            about in the DNS.

    Raises:
        HostError: A file cannot be read.
        FormatError: A file is no database.

    Examples:
        >>> lab = netsonde.lab.load("plain")
        >>> annotator = Annotator(names=True, vantage=lab)
        >>> learned = asyncio.run(annotator.learn(["5.2.0.1"]))
        >>> str(annotator.known("5.2.0.1"))
        'host'
    """

    def __init__(
        self,
        databases: Iterable[Path | str] = (),
        *,
        names: bool = False,
        name_servers: Sequence[str] = (),
        port: int = 53,
        vantage: VantageLike = None,
    ) -> None:
        self._databases = Databases.open(databases)
        self._names = names
        self._servers = tuple(name_servers)
        self._port = port
        self._vantage = choose(vantage)
        self._known: dict[Address, Annotation] = {}

    async def learn(self, addresses: Iterable[Address]) -> tuple[Annotation, ...]:
        """Ask about addresses, and return what is newly known of them.

        Raises:
            HostError: The host names no DNS server, and none was given.
        """
        fresh = [one for one in dict.fromkeys(addresses) if one not in self._known]
        names = await self._ask(fresh) if self._names and fresh else {}
        for address in fresh:
            found = self._databases.lookup(address)
            self._known[address] = structs.replace(found, names=names.get(address, ()))
        return tuple(self._known[one] for one in fresh if not self._known[one].is_empty)

    def known(self, address: Address) -> Annotation:
        """Return what was learned of an address; perhaps nothing."""
        return self._known.get(address) or Annotation(address=address)

    async def _ask(self, addresses: list[Address]) -> dict[Address, tuple[str, ...]]:
        if self._vantage.is_virtual:
            known = {address: self._vantage.known_name(address) for address in addresses}
            return {address: (name,) for address, name in known.items() if name}
        pointers = {ipaddress.ip_address(one).reverse_pointer + ".": one for one in addresses}
        found: dict[Address, tuple[str, ...]] = {}
        results = dns_many(
            addresses,
            servers=self._servers,
            port=self._port,
            timeout_ms=_TIMEOUT_MS,
            attempts=_ATTEMPTS,
            rate_pps=_RATE_PPS,
        )
        async with aclosing(results) as results:
            async for result in results:
                names = tuple(name.removesuffix(".") for name in result.data)
                found[pointers[result.name]] = names
        return found
