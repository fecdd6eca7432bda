"""The MTU of an interface of this host, by address."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from contextlib import suppress
from pathlib import Path

from netsonde.model import HostError

_SIOCGIFFLAGS = 0x8913
_SIOCGIFADDR = 0x8915
_SIOCGIFMTU = 0x8921
_IFF_UP, _IFF_LOOPBACK = 0x1, 0x8
#: Bytes of `struct ifreq`, of which the first 16 are the name.
_IFREQ = 40
#: An IP packet is no longer, whatever the loopback interface would take.
_SIZE_MAX = 65_535


def interface_mtu(address: str) -> int:
    """Return the MTU of the interface that has an address, in bytes; at most 65535.

    Not the path MTU that the kernel remembers towards a destination: probes are to find that anew.

    Raises:
        HostError: No interface has the address.

    Examples:
        >>> interface_mtu("127.0.0.1")
        65535
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for name in _names(asking, address):
            (mtu,) = struct.unpack_from("=i", _ask(asking, _SIOCGIFMTU, name), 16)
            return min(int(mtu), _SIZE_MAX)
    message = f"no interface has the address {address}"
    raise HostError(message, "give the size to begin with: mtu=1500")


def largest_mtu() -> int:
    """Return the largest MTU of an interface that is up and not the loopback, in bytes.

    For targets that nobody knows yet: none of them needs a larger packet. The loopback's if there
    is no other interface.

    Examples:
        >>> 68 <= largest_mtu() <= 65535
        True
    """
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # it went away meanwhile
                (flags,) = struct.unpack_from("=H", _ask(asking, _SIOCGIFFLAGS, name), 16)
                (mtu,) = struct.unpack_from("=i", _ask(asking, _SIOCGIFMTU, name), 16)
                if flags & _IFF_UP and not flags & _IFF_LOOPBACK:
                    found.append(min(int(mtu), _SIZE_MAX))
    return max(found, default=_SIZE_MAX)


def _ask(asking: socket.socket, what: int, name: str) -> bytes:
    return fcntl.ioctl(asking, what, _request(name))


def _names(asking: socket.socket, address: str) -> list[str]:
    if ":" in address:
        return _names6(address)
    wanted = ipaddress.ip_address(address)
    if wanted.is_loopback:
        return ["lo"]
    found = []
    for _, name in socket.if_nameindex():
        try:
            request = _ask(asking, _SIOCGIFADDR, name)
        except OSError:  # without an IPv4 address
            continue
        if request[20:24] == wanted.packed:
            found.append(name)
    return found


def _names6(address: str) -> list[str]:
    """Return the interfaces that Linux lists with an IPv6 address."""
    wanted = ipaddress.ip_address(address.partition("%")[0]).packed.hex()
    try:
        lines = Path("/proc/self/net/if_inet6").read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    return [line.split()[-1] for line in lines if line.startswith(wanted)]


def _request(name: str) -> bytes:
    return name.encode()[:15].ljust(_IFREQ, b"\0")
