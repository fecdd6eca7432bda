"""What this host lacks for runtimes, what each lack stops, and what would mend it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from netsonde import _core
from netsonde.measure import Finding
from netsonde.model import HostError
from netsonde.runtime._programs import find, search_path
from netsonde.runtime._qemu import has_kvm

#: What does not work without a program.
_SERVES = {
    "qemu-system-x86_64": "--runtime unikernel, microvm and vm",
    "nft": "--runtime outside of a lab",
    "mmdebstrap": "--runtime vm: its Debian is made with it, once",
    "genext2fs": "--runtime vm, likewise",
}
#: What does not work without an engine of containers.
_ENGINES = {
    "podman": "--runtime container or podman, without any capability",
    "docker": "--runtime docker, and container where there is no Podman",
}
#: Seconds that an engine may take to tell of itself.
_ANSWER_S = 20.0
_FORWARDING = ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding")
_SETTINGS = Path("/proc/sys")


def examine_runtimes() -> tuple[Finding, ...]:
    """Look at this host; nothing is sent and nothing started but engines' own `info`."""
    return (
        _image(),
        *(_program(name, serves) for name, serves in _SERVES.items()),
        _kvm(),
        *(_engine(name, serves) for name, serves in _ENGINES.items()),
        _forwarding(),
    )


def _image() -> Finding:
    size = len(_core.image())
    return Finding(
        name="image",
        ok=size > 0,
        found=f"{size:,} octets" if size else "this installation carries none: not x86-64 Linux",
        serves="--runtime",
    )


def _program(name: str, serves: str) -> Finding:
    try:
        path, hint = find(name), ""
    except HostError as error:
        path, hint = "", error.hint
    return Finding(
        name=f"program {name}",
        ok=bool(path),
        found=path or "not in PATH",
        serves=serves,
        remedy=_as_root(hint),
    )


def _kvm() -> Finding:
    ok = has_kvm()
    return Finding(
        name="KVM",
        ok=ok,
        found="works" if ok else "none that is real: QEMU emulates, with the same results",
        serves="machines at the processor's speed; firecracker, cloud-hypervisor",
    )


def _engine(name: str, serves: str) -> Finding:
    found, remedy = "", ""
    try:
        command = [find(name), "info"]
        subprocess.run(  # noqa: S603 - no shell; the names are ours
            command,
            check=True,
            capture_output=True,
            timeout=_ANSWER_S,
            env={**os.environ, "PATH": search_path()},
        )
    except HostError as error:
        found, remedy = "not in PATH", _as_root(error.hint)
    except subprocess.TimeoutExpired:
        found = f"no answer in {_ANSWER_S:g} s"
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or ["does not work"]
        found = lines[-1]
        remedy = "sudo systemctl start docker" if name == "docker" else ""
    except OSError as error:
        found = error.strerror or str(error)
    return Finding(name=name, ok=not found, found=found or "works", serves=serves, remedy=remedy)


def _forwarding() -> Finding:
    states = {name: _SETTINGS / name.replace(".", "/") for name in _FORWARDING}
    off = [name for name, path in states.items() if path.exists() and path.read_text()[:1] != "1"]
    return Finding(
        name="forwarding",
        ok=not off,
        found=f"off: {', '.join(off)}" if off else "on",
        serves="--runtime outside of a lab: this host is the first hop",
        remedy=f"sudo sysctl -w {' '.join(f'{name}=1' for name in off)}" if off else "",
    )


def _as_root(hint: str) -> str:
    return f"sudo {hint}" if hint.startswith("apt-get") else hint
