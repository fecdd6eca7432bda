"""What this host can do for measurements, and what would make the rest work."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from netsonde import _core
from netsonde.measure._host import allows_raw

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: The first kernel whose error queue passes on ICMP extensions, and so labels.
LABELS_KERNEL = (5, 9)
#: Number of the capability in the sets of /proc/PID/status.
_CAP_NET_RAW = 13
#: `IP_RECVERR`, `IP_RECVERR_RFC4884`, `SO_TIMESTAMPNS` of linux/in.h and asm/socket.h.
_IP_RECVERR, _IP_RECVERR_RFC4884, _SO_TIMESTAMPNS = 11, 26, 35
#: Addresses for choosing a route: documentation prefixes, to which nothing is sent.
_ELSEWHERE = {4: "192.0.2.1", 6: "2001:db8::1"}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a host has or lacks.

    Attributes:
        name: What was looked for.
        ok: Whether it is there.
        found: What was found, or what went wrong.
        serves: What it is for.
        remedy: The command that would make it work; empty if it works, or if none would.
    """

    name: str
    ok: bool
    found: str
    serves: str
    remedy: str = ""


def examine() -> tuple[Finding, ...]:
    """Look at this host; sends nothing but one datagram to itself."""
    return tuple(check() for check in _CHECKS)


def _kernel() -> Finding:
    release = platform.release()
    numbers = [int(part) for part in release.split("-")[0].split(".")[:2] if part.isdigit()]
    ok = sys.platform == "linux" and tuple(numbers) >= LABELS_KERNEL
    return Finding(
        name="kernel",
        ok=ok,
        found=f"{platform.system()} {release}",
        serves="MPLS labels without privilege, from Linux 5.9",
        remedy="" if ok else "sudo apt-get dist-upgrade",
    )


def _capability() -> Finding:
    status = Path("/proc/self/status").read_text()
    held = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    ok = bool(int(held, 16) >> _CAP_NET_RAW & 1)
    return Finding(
        name="CAP_NET_RAW",
        ok=ok,
        found="held" if ok else "not held",
        serves="raw sockets",
        remedy="" if ok else _grant(),
    )


def _raw_sockets() -> Finding:
    ok = allows_raw()
    return Finding(
        name="raw sockets",
        ok=ok,
        found="allowed" if ok else "refused",
        serves="tnt; ICMP and TCP probes; every header of a reply",
        remedy="" if ok else _grant(),
    )


def _frames() -> Finding:
    try:
        routes = _core.Routes()
    except OSError as error:
        names, reason = [], error.strerror or str(error)
    else:
        names = [name for _, name in routes.interfaces()]
        reason = routes.unusual or "no route by an Ethernet whose next hop is known"
    return Finding(
        name="frames",
        ok=bool(names),
        found="by " + ", ".join(names) if names else reason,
        serves="fast campaigns, with raw sockets; the rest goes by these",
    )


def _sealing() -> Finding:
    actions = Path("/proc/sys/kernel/seccomp/actions_avail")
    ok = actions.exists() and "kill_process" in actions.read_text().split()
    return Finding(
        name="seccomp",
        ok=ok,
        found="filters available" if ok else "no filters in this kernel",
        serves="every measurement from this host: the engine seals itself",
        remedy=""
        if ok
        else "use a kernel built with CONFIG_SECCOMP_FILTER=y (Linux 4.14 or later)",
    )


def _error_queue() -> Finding:
    found = _try(lambda: _opened(_IP_RECVERR))
    return Finding(
        name="error queue",
        ok=not found,
        found=found or "UDP sockets report ICMP errors",
        serves="trace and ping by UDP without privilege",
    )


def _labels() -> Finding:
    found = _try(lambda: _opened(_IP_RECVERR_RFC4884))
    return Finding(
        name="error extensions",
        ok=not found,
        found=found or "passed on with ICMP errors",
        serves="MPLS labels without privilege",
        remedy="sudo apt-get dist-upgrade" if found else "",
    )


def _ping_sockets() -> Finding:
    protocol = socket.IPPROTO_ICMP
    found = _try(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, protocol).close())
    groups = Path("/proc/sys/net/ipv4/ping_group_range").read_text().split()
    return Finding(
        name="ping sockets",
        ok=not found,
        found=f"net.ipv4.ping_group_range = {' '.join(groups)}",
        serves="ping and trace by ICMP without privilege",
        remedy='sudo sysctl -w net.ipv4.ping_group_range="0 2147483647"' if found else "",
    )


def _timestamps() -> Finding:
    found = _try(_stamp)
    return Finding(
        name="kernel timestamps",
        ok=not found,
        found=found or "on received packets",
        serves="round-trip times without the delays of this host's scheduler",
    )


def _ipv4() -> Finding:
    return _route(4)


def _ipv6() -> Finding:
    return _route(6)


def _user_namespaces() -> Finding:
    ok, found = _unshare()
    return Finding(
        name="user namespaces",
        ok=ok,
        found=found,
        serves="`netsonde lab exec` without root",
        remedy="" if ok else _allow_namespaces(),
    )


def _tun() -> Finding:
    device = Path("/dev/net/tun")
    found = _try(lambda: os.close(os.open(device, os.O_RDWR)))
    remedy = "sudo chmod 0666 /dev/net/tun" if device.exists() else "sudo modprobe tun"
    return Finding(
        name="/dev/net/tun",
        ok=not found,
        found=found or "can be opened",
        serves="`netsonde lab exec`: programs in the lab",
        remedy=remedy if found else "",
    )


def _ip_program() -> Finding:
    return _program("ip", "iproute2", "`netsonde lab exec`; --runtime outside of a lab")


def _unshare_program() -> Finding:
    return _program("unshare", "util-linux")


_CHECKS: Sequence[Callable[[], Finding]] = (
    _kernel,
    _sealing,
    _capability,
    _raw_sockets,
    _frames,
    _error_queue,
    _labels,
    _ping_sockets,
    _timestamps,
    _ipv4,
    _ipv6,
    _user_namespaces,
    _tun,
    _ip_program,
    _unshare_program,
)


def _grant() -> str:
    """Return the command that lets this Python open raw sockets."""
    return f"sudo setcap cap_net_raw+ep {Path(sys.executable).resolve()}"


def _try(action: Callable[[], object]) -> str:
    """Return what the system says against an action; empty if nothing."""
    try:
        action()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _opened(option: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.IPPROTO_IP, option, 1)


def _stamp() -> None:
    """Send a datagram to ourselves; an OSError says that it came without a time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        probe.bind(("127.0.0.1", 0))
        probe.settimeout(1)
        probe.sendto(b"", probe.getsockname())
        _, ancillary, _, _ = probe.recvmsg(1, 64)
    if not any(kind == _SO_TIMESTAMPNS for _, kind, _ in ancillary):
        raise OSError(0, "none came with a packet")


def _route(version: int) -> Finding:
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    source = ""

    def connect() -> None:
        nonlocal source
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((_ELSEWHERE[version], 33_434))
            source = probe.getsockname()[0]

    found = _try(connect)
    return Finding(
        name=f"IPv{version} route",
        ok=not found,
        found=found or f"from {source}",
        serves=f"IPv{version} targets on the Internet",
        remedy=f"ip -{version} route add default via GATEWAY" if found else "",
    )


def _unshare() -> tuple[bool, str]:
    try:
        done = subprocess.run(
            ["unshare", "--user", "--map-root-user", "--net", "true"],  # noqa: S607
            check=False,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, str(error)
    return done.returncode == 0, done.stderr.strip() or "can be made"


def _allow_namespaces() -> str:
    """Return the command that lifts the restriction which this host has."""
    for name, forbidding, allowing in (
        ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
        ("kernel.unprivileged_userns_clone", "0", "1"),
        ("user.max_user_namespaces", "0", "10000"),
    ):
        setting = Path("/proc/sys") / name.replace(".", "/")
        if setting.exists() and setting.read_text().strip() == forbidding:
            return f"sudo sysctl -w {name}={allowing}"
    return "run as root"


def _program(name: str, package: str, serves: str = "`netsonde lab exec`") -> Finding:
    path = shutil.which(name)
    return Finding(
        name=f"program {name}",
        ok=path is not None,
        found=path or "not in PATH",
        serves=serves,
        remedy="" if path else f"sudo apt-get install {package}",
    )
