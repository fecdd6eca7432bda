"""Devices, addresses and names inside a network namespace of our own."""

import fcntl
import os
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netsonde.model import HostError

#: Packets that wait for the lab; the default of 500 drops bursts of parallel probes.
QUEUE_LENGTH = 5_000
_TUNSETIFF = 0x400454CA
_IFF_TUN = 0x0001
_IFF_NO_PI = 0x1000


def open_tun(name: str) -> int:
    """Create the TUN device `name` and return its non-blocking descriptor.

    Raises:
        HostError: There is no /dev/net/tun, or we may not open it.
    """
    try:
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        request = struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI)
        fcntl.ioctl(descriptor, _TUNSETIFF, request)
    except FileNotFoundError as error:
        raise HostError(
            "there is no /dev/net/tun", "load the kernel module: modprobe tun"
        ) from error
    except PermissionError as error:
        raise HostError(
            "not allowed to open /dev/net/tun",
            "run as root, or let everybody open it: chmod 0666 /dev/net/tun",
        ) from error
    except OSError as error:
        raise HostError(
            f"cannot create the TUN device {name}: {error.strerror}", "run as root"
        ) from error
    return descriptor


def configure(attachments: Sequence[dict[str, Any]]) -> None:
    """Give each TUN device its addresses and routes; the first one is the default way out.

    Further ones are chosen by source address, so that `ping -I DEVICE` takes them.
    """
    _set("net/ipv4/ping_group_range", "0 2147483647") or _set("net/ipv4/ping_group_range", "0 0")
    _set("net/ipv4/conf/all/rp_filter", "0")
    _set("net/ipv4/conf/default/rp_filter", "0")
    batches = {"-4": ["link set lo up"], "-6": []}
    for index, item in enumerate(attachments):
        device = item["device"]
        _set(f"net/ipv4/conf/{device}/rp_filter", "0")
        _set(f"net/ipv6/conf/{device}/accept_ra", "0")
        _set(f"net/ipv6/conf/{device}/router_solicitations", "0")
        _set(f"net/ipv6/conf/{device}/addr_gen_mode", "1")
        batches["-4"].append(f"link set {device} mtu {item['mtu']} txqueuelen {QUEUE_LENGTH} up")
        for address in item["addresses"]:
            family, nodad = ("-6", " nodad") if ":" in address else ("-4", "")
            batches[family].append(f"address add {address} dev {device}{nodad}")
            batches[family].extend(_routes(device, address, index))
    for family, batch in batches.items():
        _ip(family, batch)


def _routes(device: str, address: str, index: int) -> list[str]:
    if index == 0:
        return [f"route add default dev {device}"]
    source, table = address.partition("/")[0], 100 + index
    return [
        f"route add default dev {device} metric {2000 + index}",
        f"route add default dev {device} table {table}",
        f"rule add from {source} lookup {table}",
    ]


def name_hosts(hosts: str) -> None:
    """Show `hosts` as /etc/hosts, and a resolver that refuses at once instead of timing out.

    A convenience: where the mounts are refused, names stay the host's own.
    """
    for target, content in (("/etc/hosts", hosts), ("/etc/resolv.conf", "nameserver 127.0.0.1\n")):
        if not Path(target).exists():
            continue
        with tempfile.NamedTemporaryFile("w", prefix="netsonde-") as file:
            file.write(content)
            file.flush()
            Path(file.name).chmod(0o644)
            subprocess.run(  # noqa: S603 - no shell, both paths are ours
                ["mount", "--bind", file.name, target],  # noqa: S607 - in sbin or bin
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
            )


def _ip(family: str, batch: Sequence[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - no shell; the names come from checked topologies
            ["ip", family, "-batch", "-"],  # noqa: S607 - in sbin or bin
            input="\n".join(batch) + "\n",
            check=False,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError as error:
        raise HostError("there is no program `ip`", "apt-get install iproute2") from error
    if done.returncode != 0:
        raise HostError(
            f"cannot configure the namespace: {done.stderr.strip()}",
            "IPv6 switched off in the kernel is one reason: sysctl net.ipv6.conf.all.disable_ipv6",
        )


def _set(name: str, value: str) -> bool:
    try:
        (Path("/proc/sys") / name).write_text(value)
    except OSError:
        return False
    return True
