"""From host names to targets, each with the address to probe it from."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from typing import TYPE_CHECKING, Literal, NamedTuple

from netsonde import _core
from netsonde.model import Address, NetsondeError, Target, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsonde.measure._vantage import Vantage

#: Names resolved at once.
LOOKUPS_MAX = 32

Family = Literal[4, 6] | None

_SWITCH_HINT = (
    "private, documentation and other special-purpose addresses (RFC 6890) are not on the "
    "Internet; --allow-special-purpose (allow_special_purpose=True) measures them all the same"
)

_EXCLUDE_HINT = "--exclude gave it, or the file ~/.config/netsonde/exclude"


class Problem(NamedTuple):
    """A name that cannot be measured, and why."""

    name: str
    error: NetsondeError


class Resolved(NamedTuple):
    """What a list of names came to."""

    targets: tuple[Target, ...]
    """Each address once, in the order of the names."""
    names: dict[Address, str]
    """The name that was asked, per address."""
    problems: tuple[Problem, ...]
    """One per name that cannot be measured."""


async def resolve(
    names: Iterable[str],
    vantage: Vantage,
    *,
    family: Family,
    allow_special_purpose: bool,
    exclude: Iterable[str] = (),
) -> Resolved:
    """Return the targets that names stand for, and what is wrong with the others.

    An address that two names lead to is measured once.
    """
    limit = asyncio.Semaphore(LOOKUPS_MAX)
    forbidden = _core.PrefixSet(list(exclude))

    async def one(name: str) -> Target | NetsondeError:
        try:
            async with limit:
                address = await find_address(name, vantage, family)
            if not allow_special_purpose and not vantage.is_virtual:
                _refuse_special_purpose(name, address)
            if address in forbidden:
                raise UsageError(f"{name} is in a do-not-probe list", _EXCLUDE_HINT)
            return Target(address=address, source=vantage.source(address))
        except NetsondeError as error:
            return error

    found: dict[Address, Target] = {}
    asked: dict[Address, str] = {}
    problems: list[Problem] = []
    for batch in _batches(names):
        outcomes = await asyncio.gather(*map(one, batch))
        for name, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, NetsondeError):
                problems.append(Problem(name, outcome))
            else:
                found.setdefault(outcome.address, outcome)
                asked.setdefault(outcome.address, name)
    return Resolved(tuple(found.values()), asked, tuple(problems))


async def find_address(name: str, vantage: Vantage, family: Family) -> Address:
    """Return the address of a name, or a literal address in canonical text."""
    if literal := _literal(name):
        if family and literal.version != family:
            message = f"{name} is an IPv{literal.version} address, but IPv{family} was asked for"
            raise UsageError(message, f"leave out -{family}, or give a host name")
        return str(literal)
    _refuse_half_an_address(name)
    for known in vantage.known_addresses(name):
        if family in (None, ipaddress.ip_address(known).version):
            return known
    if vantage.is_virtual:
        message = f"the lab has no host or router named {name}"
        raise UsageError(message, "`netsonde lab show NAME` lists them with their addresses")
    return await _lookup(name, family)


def _literal(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a name is; None if it is none.

    Raises:
        UsageError: It has a zone, or wraps an IPv4 address: no packet could carry it.
    """
    try:
        literal = ipaddress.ip_address(name)
    except ValueError:
        return None
    if isinstance(literal, ipaddress.IPv6Address) and literal.scope_id is not None:
        message = f"{name} has a zone, and link-local addresses are not measured"
        raise UsageError(message, "leave out what follows the %, and see what is left")
    if isinstance(literal, ipaddress.IPv6Address) and literal.ipv4_mapped:
        message = f"{name} is an IPv4 address in IPv6 clothes"
        raise UsageError(message, f"give {literal.ipv4_mapped} itself")
    return literal


def _refuse_half_an_address(name: str) -> None:
    """Refuse numbers that old resolvers complete: 1.2.3 would be 1.2.0.3."""
    if re.fullmatch(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]*|[0-9]*))*", name):
        message = f"{name} is no IPv4 address"
        raise UsageError(message, "four decimal numbers from 0 to 255, without leading zeros")


async def _lookup(name: str, family: Family) -> Address:
    families = {None: socket.AF_UNSPEC, 4: socket.AF_INET, 6: socket.AF_INET6}
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(name, None, family=families[family], type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        kind = f"IPv{family} " if family else ""
        reason = error.strerror if isinstance(error, OSError) else "not a host name"
        message = f"cannot find an {kind}address of {name}: {reason}"
        raise UsageError(message, "check the spelling, and that names resolve here") from None
    return str(ipaddress.ip_address(found[0][4][0]))


def _refuse_special_purpose(name: str, address: Address) -> None:
    if _core.is_special_purpose(address):
        which = address if name == address else f"{name} ({address})"
        message = f"{which} is a special-purpose address"
        raise UsageError(message, _SWITCH_HINT)


def _batches(names: Iterable[str]) -> Iterable[list[str]]:
    batch: list[str] = []
    for name in names:
        batch.append(name)
        if len(batch) == 1_000:
            yield batch
            batch = []
    yield batch
