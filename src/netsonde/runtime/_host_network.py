"""This host as the network: a bridge in a namespace without a name, and a way out of it.

```text
card (TAP, or the container's interface) -- bridge -- way out ==veth== nsondeN -- this host's routes
            a namespace of the run's own                              address translation
```

This host is the first hop of every path. Nothing here outlives the run: the namespace goes with
its last descriptor, and the veth with it; the table of rules goes with the socket that owns it.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from contextlib import ExitStack, contextmanager
from ipaddress import IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING

from netsonde.model import HostError
from netsonde.runtime._card import MAC, Card
from netsonde.runtime._container import INTERFACE
from netsonde.runtime._namespace import Namespace, ip
from netsonde.runtime._rules import translated

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Networks of runs at once, at most.
NETWORKS_MAX = 1_024
MTU = 1_500
#: What our end of a card is called, in the namespace of its network.
CARD = "card"
#: What this host's ends of the ways out are called, before their number.
STEM = "nsonde"

_TUNSETIFF, _TUNSETPERSIST, _TUNSETOWNER = 0x400454CA, 0x400454CB, 0x400454CC
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000
_BRIDGE, _OUT = "bridge", "out"


class HostNetwork:
    """Gives each run a network of its own, behind this host.

    Args:
        is_translated: Whether this host's addresses are put in the place of the run's; else whoever
            shall answer must know the way back.
    """

    def __init__(self, *, is_translated: bool = True) -> None:
        self._is_translated = is_translated

    @contextmanager
    def plug(self, *, has_descriptor: bool = True, owner: int | None = None) -> Iterator[Plugged]:
        """Make a network, and yield a card in it.

        Args:
            has_descriptor: Whether the card is a TAP of ours; else `Plugged.into` plugs it.
            owner: Who may open that TAP by its name; None if its descriptor is passed on.

        Raises:
            HostError: A right or a program is missing, or this host does not forward.
        """
        _check_forwarding()
        with ExitStack() as held:
            space = Namespace()
            held.callback(space.close)
            space.quiet("default")
            descriptor = None
            if has_descriptor:
                descriptor = space.inside(lambda: open_tap(owner))
                if owner is None:
                    held.callback(os.close, descriptor)
                else:
                    os.close(descriptor)
                    descriptor = None
            number = _make_way_out(space, has_card=has_descriptor)
            name = f"{STEM}{number}"
            # Deleting one end deletes both, at once and not when the kernel finds the time.
            held.callback(_delete, name)
            networks = _addresses(number)
            _set_up(name, networks)
            if self._is_translated:
                held.enter_context(translated(name, [near for near, _ in networks]))
            card = Card(
                frames=True,
                descriptor=descriptor,
                addresses=tuple(far for _, far in networks),
                gateways=tuple(near.partition("/")[0] for near, _ in networks),
                mtu=MTU,
            )
            yield Plugged(card, space)


class Plugged:
    """A card in a network of its own.

    Args:
        card: The card.
        space: The namespace of its network.
    """

    def __init__(self, card: Card, space: Namespace) -> None:
        self.card = card
        self.space = space

    async def into(self, pid: int) -> None:
        """Plug the card into the namespace of a process, as the interface `INTERFACE`.

        Raises:
            HostError: It cannot be.
        """
        plug_into(self.space, pid, master=_BRIDGE)


def plug_into(space: Namespace, pid: int, *, master: str = "") -> None:
    """Join a namespace and that of a process; the far end is `INTERFACE`, without an address.

    Raises:
        HostError: It cannot be.
    """
    lines = [
        f"link add {CARD} mtu {MTU} type veth peer name {INTERFACE} address {MAC} netns {pid}",
        *([f"link set {CARD} master {master}"] if master else []),
        f"link set {CARD} up",
    ]
    space.ip(lines)
    there = f"/proc/{pid}/ns/net"
    try:
        descriptor = os.open(there, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise HostError(f"the container ended before its card was plugged in: {error}") from error
    other = Namespace(descriptor)
    try:
        # IPv6 of the container's own kernel would speak too: the card is the image's alone.
        other.quiet(INTERFACE)
        other.ip([f"link set {INTERFACE} up"])
    finally:
        other.close()


def open_tap(owner: int | None = None) -> int:
    """Return a new TAP `CARD` of the namespace that this thread is in.

    Args:
        owner: Whoever may open it once more, by its name, when this descriptor is closed; None if
            nobody shall.

    Raises:
        HostError: It may not be made.
    """
    try:
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        hint = "modprobe tun" if isinstance(error, FileNotFoundError) else "run as root"
        raise HostError(f"cannot open /dev/net/tun: {error.strerror}", hint) from error
    try:
        request = struct.pack("16sH22x", CARD.encode(), _IFF_TAP | _IFF_NO_PI)
        fcntl.ioctl(descriptor, _TUNSETIFF, request)
        if owner is not None:
            fcntl.ioctl(descriptor, _TUNSETOWNER, owner)
            fcntl.ioctl(descriptor, _TUNSETPERSIST, 1)
    except OSError as error:
        os.close(descriptor)
        raise HostError(f"cannot make a TAP: {error.strerror}", "run as root") from error
    return descriptor


def _make_way_out(space: Namespace, *, has_card: bool) -> int:
    """Set the namespace up; return the number of this host's end of the way out."""
    space.ip(
        [
            f"link add {_BRIDGE} type bridge forward_delay 0 stp_state 0 mcast_snooping 0",
            f"link set {_BRIDGE} up",
            *([f"link set {CARD} master {_BRIDGE} mtu {MTU} up"] if has_card else []),
        ]
    )
    taken = _interfaces()
    for number in range(NETWORKS_MAX):
        name = f"{STEM}{number}"
        if name in taken:
            continue
        try:
            # Into the namespace of this process's first thread: that of this host.
            way = f"link add {_OUT} mtu {MTU} type veth peer name {name} netns {os.getpid()}"
            space.ip([way, f"link set {_OUT} master {_BRIDGE} up"])
        except HostError as error:
            if "exists" in error.message:
                continue  # another run was faster
            raise
        return number
    message = f"{NETWORKS_MAX} networks of runs are there already"
    raise HostError(message, "`netsonde runtime clean` removes those of killed runs")


def _addresses(number: int) -> tuple[tuple[str, str], ...]:
    """Return our address and the run's, of each family: of the ranges for carriers and sites."""
    site = IPv6Address("fd6e:7300:736f::") + (number << 64)
    block = number * 4
    high, low = divmod(block, 256)
    return (
        (f"100.127.{240 + high}.{low + 1}/30", f"100.127.{240 + high}.{low + 2}/30"),
        (f"{site + 1}/64", f"{site + 2}/64"),
    )


def _set_up(name: str, networks: tuple[tuple[str, str], ...]) -> None:
    """Give this host's end its addresses, and tell the kernel whose card is behind it."""
    lines = [f"link set {name} up"]
    for near, far in networks:
        lines.append(f"address add {near} dev {name}{' nodad' if ':' in near else ''}")
        # The table of neighbours is small, and one for all namespaces.
        lines.append(f"neighbour replace {far.partition('/')[0]} lladdr {MAC} dev {name}")
    ip(lines)


def _delete(name: str) -> None:
    if name in _interfaces():
        ip([f"link delete {name}"])


def _interfaces() -> set[str]:
    return {name for _, name in socket.if_nameindex()}


def _check_forwarding() -> None:
    setting = Path("/proc/sys/net/ipv4/ip_forward")
    if setting.read_text().strip() != "1":
        message = "this host does not forward packets, and runs are behind it"
        raise HostError(message, "sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
