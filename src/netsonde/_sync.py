"""The measuring functions for callers without an event loop.

Generated from `netsonde/measure/_functions.py` by `tests/measure/twins.py`: change it there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from netsonde import measure
from netsonde.measure import _blocking

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from netsonde.measure import (
        AliasKeywords,
        DnsKeywords,
        FingerprintKeywords,
        MultipathKeywords,
        PingKeywords,
        TcpKeywords,
        TntKeywords,
        TraceKeywords,
    )
    from netsonde.model import (
        AliasResult,
        DnsResult,
        FingerprintResult,
        MultipathResult,
        PingResult,
        TcpResult,
        TntResult,
        TraceResult,
    )


def ping(target: str, **options: Unpack[PingKeywords]) -> PingResult:
    """Return the replies of a target to a few probes.

    Args:
        target: Host name, or IPv4 or IPv6 address.
        **options: See `PingKeywords`; the usual ones are `count`, `method` and `size`.

    Raises:
        UsageError: The target or an option cannot be.
        HostError: The host lacks a right or a route.

    Examples:
        >>> lab = netsonde.lab.load("explicit-php")
        >>> result = netsonde.ping("5.2.0.1", count=3, vantage=lab)
        >>> result.sent, result.loss
        (3, 0.0)
    """
    return _blocking.run(measure.ping(target, **options), "ping")


def trace(target: str, **options: Unpack[TraceKeywords]) -> TraceResult:
    """Return the path to a target as plain traceroute sees it, along one flow.

    Paris traceroute: every probe has the same flow identifier, so that balancers
    which choose by flow show one path and not a mixture.

    Args:
        target: Host name, or IPv4 or IPv6 address.
        **options: See `TraceKeywords`; the usual ones are `method`, `last_ttl` and `window`.

    Raises:
        UsageError: The target or an option cannot be.
        HostError: The host lacks a right or a route.

    Source:
        Augustin et al., "Avoiding traceroute anomalies with Paris traceroute", IMC 2006.

    Examples:
        >>> lab = netsonde.lab.load("invisible-php-brpr")
        >>> result = netsonde.trace("5.2.0.1", vantage=lab)
        >>> result.path
        ('5.1.0.2', '5.1.1.2', '5.1.5.2', '5.1.6.2', '5.2.0.1')
    """
    return _blocking.run(measure.trace(target, **options), "trace")


def tnt(target: str, **options: Unpack[TntKeywords]) -> TntResult:
    """Return the path to a target with the MPLS tunnels in it, hidden routers revealed.

    A trace, an echo request to each address of it, and, where the evidence says that
    routers hide, further traces towards the end of the suspected tunnel.

    Args:
        target: Host name, or IPv4 or IPv6 address.
        **options: See `TntKeywords`; the usual ones are those of `trace`, `frpla_min`,
            `rtla_min` and `brute_force`.

    Raises:
        UsageError: The target or an option cannot be.
        HostError: The host lacks a right (raw sockets are needed) or a route.

    Source:
        Vanaubel et al., "TNT, watch me explode: a light in the dark for revealing
        MPLS tunnels", TMA 2019.

    Examples:
        >>> lab = netsonde.lab.load("invisible-php-brpr")
        >>> result = netsonde.tnt("5.2.0.1", vantage=lab)
        >>> [router.address for router in result.hidden]
        ['5.1.2.2', '5.1.3.2', '5.1.4.2']
    """
    return _blocking.run(measure.tnt(target, **options), "tnt")


def alias(targets: Iterable[str], **options: Unpack[AliasKeywords]) -> AliasResult:
    """Return which of many addresses belong to one router, with the evidence.

    All are measured together: a router gives itself away by one counter behind the IP
    identifications of several addresses, or by answering from another address than the one
    that was probed.

    Args:
        targets: Host names or addresses; for prefixscan the hops of a path, in order.
        **options: See `AliasKeywords`; the usual ones are `method`, `rate_pps` and `rounds`.

    Raises:
        UsageError: A target or an option cannot be; nothing was sent.
        HostError: The host lacks a right (raw sockets are needed) or a route.

    Source:
        Keys et al., "Internet-scale IPv4 alias resolution with MIDAR", ToN 2013, and those
        named in `docs/concepts/alias.md`.

    Examples:
        >>> lab = netsonde.lab.load("plain")
        >>> result = netsonde.alias(["5.1.0.2", "5.1.1.1", "5.1.1.2"], vantage=lab)
        >>> [found.addresses for found in result.sets]
        [('5.1.0.2', '5.1.1.1')]
    """
    return _blocking.run(measure.alias(targets, **options), "alias")


def ping_many(
    targets: Iterable[str], **options: Unpack[PingKeywords]
) -> Generator[PingResult, None, None]:
    """Yield the result of `ping` for each of many targets, as each one ends.

    All share one rate, one limit of probes in flight and one budget. The order is
    that in which they end; an address that two names lead to is measured once.

    Args:
        targets: Host names or addresses.
        **options: Those of `ping`.

    Raises:
        UsageError: A target or an option cannot be; nothing was sent.
        HostError: The host lacks a right or a route.
    """
    return _blocking.iterate(measure.ping_many(targets, **options), "ping_many")


def trace_many(
    targets: Iterable[str], **options: Unpack[TraceKeywords]
) -> Generator[TraceResult, None, None]:
    """Yield the result of `trace` for each of many targets, as each one ends.

    Args:
        targets: Host names or addresses.
        **options: Those of `trace`.

    Raises:
        UsageError: A target or an option cannot be; nothing was sent.
        HostError: The host lacks a right or a route.
    """
    return _blocking.iterate(measure.trace_many(targets, **options), "trace_many")


def tnt_many(
    targets: Iterable[str], **options: Unpack[TntKeywords]
) -> Generator[TntResult, None, None]:
    """Yield the result of `tnt` for each of many targets, as each one ends.

    They share echo replies and revelations: a tunnel that many paths cross is revealed once.

    Args:
        targets: Host names or addresses.
        **options: Those of `tnt`.

    Raises:
        UsageError: A target or an option cannot be; nothing was sent.
        HostError: The host lacks a right (raw sockets are needed) or a route.

    Examples:
        >>> lab = netsonde.lab.load("invisible-php-brpr")
        >>> for result in netsonde.tnt_many(["5.2.0.1", "5.1.6.2"], vantage=lab):
        ...     print(result.target, len(result.hidden))
        5.1.6.2 3
        5.2.0.1 3
    """
    return _blocking.iterate(measure.tnt_many(targets, **options), "tnt_many")


def fingerprint(target: str, **options: Unpack[FingerprintKeywords]) -> FingerprintResult:
    """Return what the router at an address is, as far as its answers tell.

    Only initial TTLs are asked for unless `methods` says more.

    Args:
        target: Host name, or IPv4 or IPv6 address.
        **options: See `FingerprintKeywords`; the usual one is `methods`, of "ttl" (3 probes),
            "snmpv3" (1) and "lfp" (9).

    Raises:
        UsageError: The target or an option cannot be.
        HostError: The host lacks a right (raw sockets are needed) or a route.

    Examples:
        >>> lab = netsonde.lab.load("explicit-php")
        >>> result = netsonde.fingerprint("5.1.0.2", vantage=lab, methods=["ttl", "lfp"])
        >>> str(result.ttl)
        '<255,255,255>'
    """
    return _blocking.run(measure.fingerprint(target, **options), "fingerprint")


def fingerprint_many(
    targets: Iterable[str], **options: Unpack[FingerprintKeywords]
) -> Generator[FingerprintResult, None, None]:
    """Yield the result of `fingerprint` for each of many targets, as each one ends.

    Args:
        targets: Host names or addresses.
        **options: Those of `fingerprint`.

    Raises:
        UsageError: A target or an option cannot be; nothing was sent.
        HostError: The host lacks a right (raw sockets are needed) or a route.
    """
    return _blocking.iterate(measure.fingerprint_many(targets, **options), "fingerprint_many")


def tcp(target: str, **options: Unpack[TcpKeywords]) -> TcpResult:
    """Return what a host negotiates over TCP, and what the path to it does to a SYN.

    Nothing is connected: what a SYN opens is reset.

    Args:
        target: Host name, or IPv4 or IPv6 address.
        **options: See `TcpKeywords`; the usual ones are `destination_port` and `path`.

    Raises:
        UsageError: The target or an option cannot be.
        HostError: The host lacks a right (raw sockets are needed) or a route.

    Examples:
        >>> lab = netsonde.lab.load("middleboxes")
        >>> result = netsonde.tcp("host", vantage=lab, family=4)
        >>> print(result.handshake.mptcp, result.removal(30).first_ttl)
        refused 4
    """
    return _blocking.run(measure.tcp(target, **options), "tcp")


def tcp_many(
    targets: Iterable[str], **options: Unpack[TcpKeywords]
) -> Generator[TcpResult, None, None]:
    """Yield the result of `tcp` for each of many targets, as each one ends.

    Args:
        targets: Host names or addresses.
        **options: Those of `tcp`.

    Raises:
        UsageError: A target or an option cannot be; nothing was sent.
        HostError: The host lacks a right (raw sockets are needed) or a route.
    """
    return _blocking.iterate(measure.tcp_many(targets, **options), "tcp_many")


def multipath(target: str, **options: Unpack[MultipathKeywords]) -> MultipathResult:
    """Return all paths to a target that balancers spread flows over.

    Flows are sent hop by hop until, with the confidence asked for, no next hop is missing;
    flows are repeated where paths part, to tell per-packet from per-flow balancers.

    Args:
        target: Host name, or IPv4 or IPv6 address.
        **options: See `MultipathKeywords`; the usual ones are `method`, `confidence`,
            `algorithm`, `destinations` and `tnt`.

    Raises:
        UsageError: The target or an option cannot be.
        HostError: The host lacks a right (raw sockets are needed) or a route.

    Source:
        Augustin, Friedman, Teixeira, "Measuring load-balanced paths in the Internet",
        IMC 2007; Vermeulen et al., "Multilevel MDA-Lite Paris Traceroute", IMC 2018.

    Examples:
        >>> lab = netsonde.lab.load("ecmp-before")
        >>> result = netsonde.multipath("5.2.0.1", vantage=lab)
        >>> result.width, [(each.first_ttl, each.last_ttl) for each in result.diamonds]
        (2, [(2, 5)])
    """
    return _blocking.run(measure.multipath(target, **options), "multipath")


def multipath_many(
    targets: Iterable[str], **options: Unpack[MultipathKeywords]
) -> Generator[MultipathResult, None, None]:
    """Yield the result of `multipath` for each of many targets, as each one ends.

    Args:
        targets: Host names or addresses.
        **options: Those of `multipath`.

    Raises:
        UsageError: A target or an option cannot be; nothing was sent.
        HostError: The host lacks a right (raw sockets are needed) or a route.
    """
    return _blocking.iterate(measure.multipath_many(targets, **options), "multipath_many")


def dns(name: str, **options: Unpack[DnsKeywords]) -> DnsResult:
    """Return what a name server says of a name, and when.

    Args:
        name: Domain name, or an address whose name is wanted.
        **options: See `DnsKeywords`; of `types` there can be one here.

    Raises:
        UsageError: The name or an option cannot be.
        HostError: No server was given, and the host names none.

    Source:
        RFC 1035; EDNS is RFC 6891.
    """
    return _blocking.run(measure.dns(name, **options), "dns")


def dns_many(
    names: Iterable[str], **options: Unpack[DnsKeywords]
) -> Generator[DnsResult, None, None]:
    """Yield what name servers say of each of many names and types, as each one ends.

    Args:
        names: Domain names, or addresses whose names are wanted.
        **options: Those of `dns`.

    Raises:
        UsageError: A name or an option cannot be; nothing was sent.
        HostError: No server was given, and the host names none.
    """
    return _blocking.iterate(measure.dns_many(names, **options), "dns_many")
