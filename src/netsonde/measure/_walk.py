"""From a list of targets to packed records in a keyed order, as they are asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from netsonde import _core
from netsonde.measure._resolve import Problem, find_address
from netsonde.model import NetsondeError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping

    from netsonde.measure._resolve import Family
    from netsonde.measure._target_list import Name, TargetList
    from netsonde.measure._vantage import Vantage
    from netsonde.model import Address

#: Targets made at once.
CHUNK_TARGETS = 2_048
#: Host names resolved at once; the next ones wait until these are being measured.
LOOKUPS_MAX = 64
#: Problems with names that are kept to be told; the others are counted.
PROBLEMS_MAX = 1_000


class Routes(Protocol):
    """Fills in the addresses from which targets are probed."""

    def fill(self, records: bytes, /) -> tuple[bytes, bytes]:
        """Return the records with sources, and apart from them those that have no route."""


class Walk:
    """The targets of a list, in the order in which they are to be measured.

    Args:
        wanted: The targets; what it has gathered moves here.
        vantage: Where to measure from.
        seed: Draws the order, and the addresses that selections leave open.
        exclude: Prefixes to which nothing may be sent.
        allow_special_purpose: Whether special-purpose addresses are welcome.
        family: Which address of a host name to take.
        known: Addresses of names that an earlier run found.
    """

    def __init__(
        self,
        wanted: TargetList,
        vantage: Vantage,
        *,
        seed: int,
        exclude: Iterable[str] = (),
        allow_special_purpose: bool = False,
        family: Family = None,
        known: Mapping[str, Address] | None = None,
    ) -> None:
        self._vantage = vantage
        self._family = family
        self._waiting: list[Name] = list(reversed(wanted.names))
        self._known = dict(known or {})
        self._targets = _core.Targets(
            wanted.space,
            seed=seed,
            exclude=list(exclude),
            allow_special_purpose=allow_special_purpose or vantage.is_virtual,
        )
        self._unroutable = 0
        self._routes = vantage.routes()
        self.names: dict[Address, str] = {}
        """The name that was asked, per address, of those that were resolved."""
        self.problems: list[Problem] = []
        """One per name that cannot be measured."""
        self.unresolved = 0
        """How many names cannot be measured."""

    @property
    def size(self) -> int:
        """Targets at most: refused ones are only known once the walk has come to them."""
        return self._targets.size + len(self._waiting) + len(self.names)

    @property
    def given(self) -> int:
        """Targets given so far."""
        return self._targets.given - self._unroutable

    @property
    def left(self) -> int:
        """Targets that may still come, at most."""
        return self._targets.size - self._targets.position + len(self._waiting)

    def count(self, numbers_max: int) -> tuple[int, float]:
        """Walk without giving: return how many targets there are, and the share looked at.

        Args:
            numbers_max: Numbers of the space that are looked at.
        """
        while not self._targets.is_exhausted and self._targets.position < numbers_max:
            self._targets.poll(CHUNK_TARGETS)
        share = self._targets.position / self._targets.size if self._targets.size else 1.0
        return self._targets.given, share

    def mark_done(self, addresses: str) -> int:
        """Leave out what an earlier run finished; return how many were not marked before.

        Args:
            addresses: One a line.
        """
        return self._targets.mark_done(addresses)

    def refused(self) -> dict[str, int]:
        """Return how many targets were left out so far, by reason."""
        found = {**self._targets.refused(), "no_route": self._unroutable}
        return {**found, "unresolved": self.unresolved}

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield packed targets with their sources, `CHUNK_TARGETS` at most at once."""
        looking: asyncio.Future[bytes] | None = None
        try:
            while True:
                if looking is None and self._waiting:
                    looking = asyncio.ensure_future(self._resolve())
                if not self._targets.is_exhausted:
                    records = self._targets.poll(CHUNK_TARGETS)
                    # Where all is refused for long, others still have their turn.
                    await asyncio.sleep(0)
                    if looking is not None and looking.done():
                        records += looking.result()
                        looking = None
                elif looking is not None:
                    records = await looking
                    looking = None
                else:
                    return
                if routed := self._routed(records):
                    yield routed
        finally:
            if looking is not None:
                looking.cancel()

    def _routed(self, records: bytes) -> bytes:
        filled, without_route = self._routes.fill(records)
        self._unroutable += len(without_route) // _core.TARGET_BYTES
        return filled

    async def _resolve(self) -> bytes:
        """Resolve the next names, and return their records."""
        batch = [self._waiting.pop() for _ in range(min(LOOKUPS_MAX, len(self._waiting)))]
        outcomes = await asyncio.gather(*map(self._find, batch))
        records = []
        for name, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, NetsondeError):
                self.unresolved += 1
                if len(self.problems) < PROBLEMS_MAX:
                    outcome.message = name.place + outcome.message
                    self.problems.append(Problem(name.text, outcome))
            elif record := self._targets.admit(outcome):
                self.names[outcome] = name.text
                records.append(record)
        return b"".join(records)

    async def _find(self, name: Name) -> Address | NetsondeError:
        if found := self._known.get(name.text):
            return found
        try:
            return await find_address(name.text, self._vantage, self._family)
        except NetsondeError as error:
            return error
