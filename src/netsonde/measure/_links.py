"""The sockets of a job, and the routes that its frames take.

Frames are for targets whose way is plain: a next hop on an Ethernet, its hardware address known.
What the kernel decides otherwise, such as the loopback, tunnels or policy routing, goes by raw
sockets, of the same job at the same time. The engine's process cannot ask the kernel; so it is
told, before it begins and whenever something changes.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from netsonde import _core
from netsonde.model import HostError, Kind, Output, Privilege

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Seconds after which gateways not heard of lately are asked again.
REFRESH_S = 20.0
#: Seconds in which changes that come together are gathered.
GATHER_S = 0.1
NO_RAW_HINT = (
    "run as root, or leave out --privilege raw to probe by UDP only; `netsonde doctor` says more"
)
_ROUTES = struct.Struct("<cI")


class Opened(NamedTuple):
    """The sockets of a job."""

    sockets: Sequence[tuple[str, int]]
    """Roles and descriptors, to be inherited and closed."""
    tell: int | None = None
    """Where the engine is told of routes; None if it sends no frames."""
    routes: bytes = b""
    """The routes as they were when the sockets were opened."""


def _has_ipv6() -> bool:
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).close()
    except OSError:
        return False
    return True


class _Address(msgspec.Struct):
    address: str


class _Method(msgspec.Struct):
    method: str = "icmp"


class Needs(msgspec.Struct):
    """What a job says of the sockets that it takes."""

    kind: Kind
    targets: list[_Address]
    ping: _Method = msgspec.field(default_factory=_Method)
    trace: _Method = msgspec.field(default_factory=_Method)
    privilege: Privilege = Privilege.RAW
    stream_targets: bool = False
    output: Output = Output.EVENTS
    rate_pps: int = 1

    @property
    def udp_replies(self) -> bool:
        """Whether a UDP datagram can be a reply: a trace knows no such reply from another's."""
        if self.kind is Kind.FINGERPRINT:
            return True  # of SNMP agents
        return self.kind is Kind.PING and self.ping.method == "udp"

    @property
    def families(self) -> tuple[bool, bool]:
        """Whether IPv4 and IPv6 targets are to be measured; of streamed ones any may come."""
        if self.stream_targets:
            return True, _has_ipv6()
        v6 = any(":" in target.address for target in self.targets)
        return any(":" not in target.address for target in self.targets), v6

    @property
    def icmp(self) -> bool:
        """Whether echo requests are sent."""
        method = self.ping.method if self.kind is Kind.PING else self.trace.method
        return method.startswith("icmp")


def open_sockets(needs: Needs, link: Literal["auto", "packet", "raw"]) -> Opened:
    """Open what a job takes.

    Raises:
        HostError: It is not allowed, or frames are demanded and have no way.
    """
    if needs.privilege is Privilege.NONE:
        if link == "packet":
            message = "frames need packet sockets: this process may not open them"
            raise HostError(message, NO_RAW_HINT)
        return Opened(_open(needs, [], []))
    if link == "raw":
        return Opened(_open(needs, [], []))
    routes = _core.Routes()
    routes.resolve()
    if needs.stream_targets:
        interfaces = [index for index, _ in routes.interfaces()]
    else:
        interfaces = routes.interfaces_to([target.address for target in needs.targets])
    if not interfaces:
        if link == "packet":
            reason = routes.unusual or "no target is behind an Ethernet with a known neighbour"
            hint = "--link auto takes raw sockets where there must be; see `netsonde doctor`"
            raise HostError(f"no frames can be sent: {reason}", hint)
        return Opened(_open(needs, [], []))
    sockets = _open(needs, interfaces, routes.addresses())
    if not any(role == "frames" for role, _ in sockets):
        return Opened(sockets)
    reader, writer = os.pipe()
    return Opened([*sockets, ("routes", reader)], writer, routes.egress())


async def tell_routes(opened: Opened) -> None:
    """Tell the engine its routes, and whenever they change, until cancelled."""
    if opened.tell is None:
        return
    loop = asyncio.get_running_loop()
    watch, changed = _core.Watch(), asyncio.Event()
    pipe = os.fdopen(opened.tell, "wb", buffering=0)
    transport, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, pipe)
    told = opened.routes
    loop.add_reader(watch.fileno(), changed.set)
    try:
        transport.write(_ROUTES.pack(b"R", len(told)) + told)
        while not transport.is_closing():
            try:
                await asyncio.wait_for(changed.wait(), REFRESH_S)
                await asyncio.sleep(GATHER_S)
                refresh = False
            except TimeoutError:
                refresh = True
            watch.drain()
            changed.clear()
            now = await asyncio.to_thread(_read_routes, refresh=refresh)
            if now not in (told, b""):
                told = now
                transport.write(_ROUTES.pack(b"R", len(told)) + told)
    finally:
        loop.remove_reader(watch.fileno())
        if not transport.is_closing():
            transport.abort()


def _read_routes(*, refresh: bool) -> bytes:
    """Return the routes as they are now; nothing if the kernel does not tell."""
    with suppress(OSError):
        routes = _core.Routes()
        if refresh:
            routes.resolve()
        return routes.egress()
    return b""


def _open(
    needs: Needs, interfaces: Sequence[int], addresses: Sequence[str]
) -> Sequence[tuple[str, int]]:
    v4, v6 = needs.families
    try:
        raw = needs.privilege is Privilege.RAW
        opened = _core.open_link(
            raw=raw,
            v4=v4,
            v6=v6,
            udp=needs.udp_replies,
            interfaces=interfaces,
            addresses=addresses,
        )
    except PermissionError as error:
        raise HostError(f"not allowed: {error.strerror}", NO_RAW_HINT) from error
    except OSError as error:
        hint = "`netsonde doctor` tells what this host has"
        if error.errno == errno.EAFNOSUPPORT:
            hint = "this kernel has no IPv6, or no IPv4; leave out such targets"
        raise HostError(f"cannot open the sockets: {error.strerror}", hint) from error
    pings = sum(role.startswith("ping") for role, _ in opened)
    if needs.privilege is Privilege.NONE and needs.icmp and pings < v4 + v6:
        for _, descriptor in opened:
            os.close(descriptor)
        message = "ICMP without raw sockets takes ping sockets, which this host does not allow"
        raise HostError(message, "use a UDP method; `netsonde doctor` says how to allow more")
    return opened
