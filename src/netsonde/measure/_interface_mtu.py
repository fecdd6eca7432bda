"""The MTU of an interface of this host, by address."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from pathlib import Path

from netsonde.model import HostError

_SIOCGIFADDR = 0x8915
_SIOCGIFMTU = 0x8921
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
            request = fcntl.ioctl(asking, _SIOCGIFMTU, _request(name))
            (mtu,) = struct.unpack_from("=i", request, 16)
            return min(int(mtu), _SIZE_MAX)
    message = f"no interface has the address {address}"
    raise HostError(message, "give the size to begin with: mtu=1500")


def _names(asking: socket.socket, address: str) -> list[str]:
    if ":" in address:
        return _names6(address)
    wanted = ipaddress.ip_address(address)
    if wanted.is_loopback:
        return ["lo"]
    found = []
    for _, name in socket.if_nameindex():
        try:
            request = fcntl.ioctl(asking, _SIOCGIFADDR, _request(name))
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
