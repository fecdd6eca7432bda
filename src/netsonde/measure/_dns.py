"""DNS queries as measurements: who replied, when, and what was said."""

from __future__ import annotations

import asyncio
import ipaddress
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.reversename
from msgspec import structs

from netsonde.measure._dns_wire import Outcome, ask
from netsonde.measure._request import OptionError, take
from netsonde.measure._spacing import Spacing
from netsonde.model import (
    DnsOptions,
    DnsOutcome,
    DnsRecord,
    DnsResult,
    DnsTransport,
    DnsType,
    HostError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    import dns.rrset

    from netsonde.measure._keywords import DnsKeywords
    from netsonde.model import Address

#: Largest UDP reply that is asked for: what passes nearly everywhere unfragmented (DNS
#: flag day 2020).
PAYLOAD_BYTES = 1_232

_FLAGS = ("AA", "TC", "RD", "RA", "AD", "CD")


class Asked(NamedTuple):
    """One name and one type."""

    name: dns.name.Name
    type: str


def options_of(keywords: DnsKeywords) -> DnsOptions:
    """Return the options, checked, with the servers that will be asked.

    Raises:
        OptionError: One of them cannot be.
        HostError: No server is given, and the host names none.
        TypeError: There is no such option.
    """
    given: dict[str, Any] = dict(keywords)
    if "types" in given:
        given["types"] = [str(each).upper() for each in given["types"]]
        if wrong := [each for each in given["types"] if each not in list(DnsType)]:
            raise OptionError("types", f"some of {', '.join(DnsType)}", repr(wrong[0]))
    options = take(DnsOptions, given, "dns")
    servers = tuple(map(_server, options.servers)) or _system_servers()
    return structs.replace(options, servers=servers)


async def query_many(names: Iterable[str], options: DnsOptions) -> AsyncGenerator[DnsResult, None]:
    """Yield the result of every name and type, as each one ends.

    Raises:
        UsageError: A name cannot be asked for; nothing was sent.
    """
    asked = [each for name in names for each in questions(name, options.types)]
    spacing = Spacing(options.rate_pps)
    waiting: set[asyncio.Future[DnsResult]] = set()
    left = iter(dict.fromkeys(asked))
    try:
        while True:
            while len(waiting) < options.in_flight_max and (one := next(left, None)):
                waiting.add(asyncio.ensure_future(query(one, options, spacing)))
            if not waiting:
                return
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                yield each.result()
    finally:
        for each in waiting:
            each.cancel()
        for each in waiting:
            with suppress(asyncio.CancelledError):
                await each


def questions(name: str, types: Iterable[str]) -> list[Asked]:
    """Return what is asked about a name; of an address, its PTR records.

    Raises:
        UsageError: It is no domain name.
    """
    with suppress(ValueError):
        address = ipaddress.ip_address(name)
        return [Asked(dns.reversename.from_address(str(address)), "PTR")]
    try:
        parsed = dns.name.from_text(name)
    except (dns.exception.DNSException, UnicodeError) as error:
        message = f"{name!r} is no domain name: {error}"
        raise UsageError(message, "labels have 1 to 63 bytes, names at most 255") from None
    return [Asked(parsed, each) for each in types]


def check_dns_name(name: str) -> None:
    """Do nothing for what can be asked for.

    Raises:
        UsageError: It is no domain name.
    """
    questions(name, ())


async def query(asked: Asked, options: DnsOptions, spacing: Spacing) -> DnsResult:
    """Ask the servers in turn until one replies; a truncated reply is asked for by TCP."""
    outcomes: list[Outcome] = []
    transport = options.transport or DnsTransport.UDP
    while len(outcomes) < options.attempts:
        server = options.servers[len(outcomes) % len(options.servers)]
        if outcomes and outcomes[-1].attempt.outcome is DnsOutcome.TRUNCATED:
            server = outcomes[-1].attempt.server
        await spacing.turn()
        outcome = await ask(
            _message(asked, options), server, options.port, transport, options.timeout_ms
        )
        outcomes.append(outcome)
        if outcome.reply is None:
            continue
        if outcome.attempt.outcome is DnsOutcome.ANSWERED or options.transport is DnsTransport.UDP:
            break
        transport = DnsTransport.TCP
    return _result(asked, options, outcomes)


def _message(asked: Asked, options: DnsOptions) -> dns.message.QueryMessage:
    message = dns.message.make_query(
        asked.name,
        asked.type,
        use_edns=0,
        want_dnssec=options.dnssec,
        payload=PAYLOAD_BYTES,
        options=[dns.edns.GenericOption(dns.edns.OptionType.NSID, b"")] if options.nsid else None,
    )
    if not options.recursion_desired:
        message.flags &= ~dns.flags.RD
    return message


def _result(asked: Asked, options: DnsOptions, outcomes: list[Outcome]) -> DnsResult:
    attempts = tuple(outcome.attempt for outcome in outcomes)
    name = asked.name.to_text()
    # A truncated reply is better than none, if TCP gave none.
    last = next((each for each in reversed(outcomes) if each.reply is not None), None)
    if last is None or last.reply is None:
        return DnsResult(name=name, query=asked.type, port=options.port, attempts=attempts)
    reply = last.reply
    return DnsResult(
        name=name,
        query=asked.type,
        port=options.port,
        attempts=attempts,
        status=dns.rcode.to_text(reply.rcode()),
        flags=tuple(flag.lower() for flag in _FLAGS if reply.flags & dns.flags.from_text(flag)),
        answers=_records(reply.answer),
        authority=_records(reply.authority),
        additional=_records(reply.additional),
        size=last.size,
        nsid=_nsid(reply),
    )


def _records(section: list[dns.rrset.RRset]) -> tuple[DnsRecord, ...]:
    return tuple(
        DnsRecord(
            name=rrset.name.to_text(),
            type=dns.rdatatype.to_text(rrset.rdtype),
            ttl=rrset.ttl,
            data=data.to_text(),
        )
        for rrset in section
        for data in rrset
    )


def _nsid(reply: dns.message.Message) -> str:
    for option in reply.options:
        if option.otype == dns.edns.OptionType.NSID:
            data = option.to_wire() or b""
            text = data.decode("ascii", errors="replace")
            return text if text.isprintable() and "\ufffd" not in text else data.hex()
    return ""


def _server(text: str) -> Address:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise OptionError("servers", "IPv4 or IPv6 addresses", repr(text)) from None


def _system_servers() -> tuple[Address, ...]:
    try:
        found = dns.resolver.Resolver().nameservers
    except (dns.exception.DNSException, OSError):
        found = []
    servers = tuple(server for server in found if isinstance(server, str))
    if not servers:
        message = "this host names no DNS server"
        raise HostError(message, "give one: --server ADDRESS (servers=[...])")
    return servers
