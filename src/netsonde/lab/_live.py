"""The live driver: runs an unmodified program in a namespace attached to the lab.

The namespaces are made by `unshare`, which then turns into `_inside.py`; that one
serves the lab on TUN devices and runs the program. These are network, mount and
process namespaces; where CAP_SYS_ADMIN is missing, a user namespace comes first.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from netsonde.lab._elements import Attachment
from netsonde.lab._lab import Lab
from netsonde.model import HostError, UsageError

#: Interface names are at most 15 bytes long.
_DEVICE_MAX = 15
_CAP_SYS_ADMIN = 21
_PACKAGES = {"unshare": "util-linux", "ip": "iproute2"}


@dataclass(frozen=True)
class Ended:
    """How a program in a live lab ended: its exit status as a shell has it, and its output."""

    status: int
    stdout: str
    stderr: str


def execute(
    lab: Lab, command: Sequence[str], *, attachments: Sequence[str] = (), quiet: bool = False
) -> NoReturn:
    """Turn this process into `command`, run in a namespace attached to the live lab.

    Signals and the exit status are those of the command, and nothing is left behind.

    Raises:
        UsageError: There is no such attachment, or a node is a Python object of this process.
        HostError: The host lacks a program, a right or /dev/net/tun.
    """
    with _prepared(lab, command, attachments, quiet) as (arguments, descriptor):
        os.set_inheritable(descriptor, True)
        os.execvp(arguments[0], arguments)  # noqa: S606 - running the user's command is the purpose


def run(
    lab: Lab,
    command: Sequence[str],
    *,
    attachments: Sequence[str] = (),
    timeout_s: float | None = None,
) -> Ended:
    """Run `command` in a namespace attached to the live lab and return what it wrote.

    Raises:
        UsageError: There is no such attachment, or a node is a Python object of this process.
        HostError: The host lacks a program, a right or /dev/net/tun.
        TimeoutError: It took longer than `timeout_s`; it and all it started are gone.
    """
    with (
        _prepared(lab, command, attachments, quiet=True) as (arguments, descriptor),
        subprocess.Popen(  # noqa: S603 - running the user's command is the purpose
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=(descriptor,),
        ) as process,
    ):
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            process.send_signal(signal.SIGKILL)  # the kernel ends the rest with it
            raise TimeoutError(f"{command[0]} took longer than {timeout_s} s") from error
        except BaseException:
            process.send_signal(signal.SIGKILL)
            raise
        return Ended(process.returncode, stdout, stderr)


@contextmanager
def _prepared(
    lab: Lab, command: Sequence[str], attachments: Sequence[str], quiet: bool
) -> Iterator[tuple[list[str], int]]:
    """Yield the program and arguments that start `_inside.py`, and the plan's descriptor."""
    unshare = check_host()
    descriptor = os.memfd_create("netsonde-lab")
    try:
        plan = make_plan(lab, command, attachments, quiet)
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(json.dumps(plan).encode())
        spaces = [*_rights(), "--net", "--mount", "--pid"]
        inside = [sys.executable, "-m", "netsonde.lab._inside", str(descriptor)]
        yield [unshare, *spaces, "--", *inside], descriptor
    finally:
        os.close(descriptor)


def check_host() -> str:
    """Return the path of `unshare`, if namespaces can be made here.

    Raises:
        HostError: A program is missing, or namespaces are refused.
    """
    for program, package in _PACKAGES.items():
        if shutil.which(program, path=_search_path()) is None:
            raise HostError(f"there is no program `{program}`", f"apt-get install {package}")
    unshare = shutil.which("unshare", path=_search_path())
    assert unshare is not None, "looked for above"
    rights = _rights()
    tried = subprocess.run(  # noqa: S603 - a fixed command
        [unshare, *rights, "--net", "--mount", "--pid", "--fork", "true"],
        check=False,
        capture_output=True,
        text=True,
    )
    if tried.returncode != 0:
        hint = (
            "run as root with CAP_SYS_ADMIN (a container: --privileged), or allow user namespaces: "
            "sysctl kernel.unprivileged_userns_clone=1 "
            "(Ubuntu: kernel.apparmor_restrict_unprivileged_userns=0)"
        )
        raise HostError(f"cannot make namespaces: {tried.stderr.strip()}", hint)
    return unshare


def _rights() -> list[str]:
    """Return what `unshare` needs to be told besides: a user namespace, without CAP_SYS_ADMIN."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = next(
        int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff:")
    )
    return [] if effective >> _CAP_SYS_ADMIN & 1 else ["--user", "--map-root-user"]


def make_plan(
    lab: Lab, command: Sequence[str], attachments: Sequence[str], quiet: bool
) -> dict[str, Any]:
    """Return what `_inside.py` needs to know, as values that JSON has."""
    if not command:
        raise UsageError("there is no command to run", "netsonde lab exec NAME -- COMMAND...")
    for name, handler in lab.handlers().items():
        if not isinstance(handler, str):
            raise UsageError(
                f"node {name} is an object of this process, which a live lab cannot reach",
                'name its class instead: handler = "module:Class"',
            )
    lab.engine()  # what cannot be built is refused here, where errors are exceptions
    chosen = [lab.find_attachment(name) for name in attachments or (lab.attachment,)]
    return {
        "title": f"{lab.name}, seed {lab.seed}",
        "topology": json.loads(lab.topology.to_engine()),
        "nodes": lab.handlers(),
        "attachments": [_plan_attachment(item, n) for n, item in enumerate(chosen)],
        "hosts": hosts_file(lab),
        "command": list(command),
        "path": _search_path(),
        "quiet": quiet,
    }


def hosts_file(lab: Lab) -> str:
    """Return an /etc/hosts that names every interface of the lab after its node."""
    lines = ["127.0.0.1 localhost", "::1 localhost"]
    topology = lab.topology
    for node in topology.nodes:
        lines += [f"{one} {node.name}" for one in (node.loopback, node.loopback6) if one]
    for link in topology.links:
        for pair in link.interfaces():
            lines += [f"{one} {name}" for one, name in zip(pair, link.ends, strict=True)]
    for item in topology.attachments:
        for host, router in item.interfaces():
            lines += [f"{host} {item.name}", f"{router} {item.node}"]
    return "\n".join(lines) + "\n"


def _plan_attachment(item: Attachment, place: int) -> dict[str, Any]:
    networks = [subnet for subnet in (item.subnet, item.subnet6) if subnet is not None]
    hosts = [host for host, _ in item.interfaces()]
    fits = len(item.name.encode()) <= _DEVICE_MAX and item.name.isascii()
    return {
        "name": item.name,
        "device": item.name if fits else f"attach{place}",
        "addresses": [
            f"{host}/{network.prefixlen}" for host, network in zip(hosts, networks, strict=True)
        ],
        "mtu": item.mtu,
    }


def _search_path() -> str:
    """Return PATH with the system's and our own programs at its end, as `sudo` would have it."""
    own = os.path.dirname(sys.executable)  # noqa: PTH120 - a Path would be turned back at once
    return os.pathsep.join(
        [os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", "/usr/bin", "/bin", own]
    )
