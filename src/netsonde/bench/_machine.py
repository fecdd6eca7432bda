"""What the host is: told with every row, for figures of other hosts do not compare."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from functools import cache
from pathlib import Path

from netsonde import _core
from netsonde.runtime._programs import search_path

_PROGRAMS = {
    "podman": "podman",
    "docker": "docker",
    "unikernel": "qemu-system-x86_64",
    "qemu-floor": "qemu-system-x86_64",
    "microvm": "qemu-system-x86_64",
    "vm": "qemu-system-x86_64",
}
_ANSWER_S = 20


def load() -> float:
    """Return the load of the host over a minute."""
    return os.getloadavg()[0]


@cache
def versions(runtime: str) -> str:
    """Return the versions of netsonde, the kernel, and what runs a runtime."""
    found = [f"netsonde {_core.VERSION}", f"Linux {platform.release()}"]
    program = _PROGRAMS.get(runtime)
    if program is not None and (told := _version(program)):
        found.append(f"{program} {told}")
    return "; ".join(found)


@cache
def host() -> str:
    """Return the host in a few words: processors, memory, whether it has virtualisation."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    ram = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = model[1].strip() if model else platform.machine()
    is_able = re.search(r"^flags\s*:.*\b(?:vmx|svm)\b", text, re.MULTILINE)
    how = "with hardware virtualisation" if is_able else "without hardware virtualisation"
    return f"{os.cpu_count()} x {name}, {ram:.0f} GiB, {how}"


def _version(program: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - no shell, names of ours
            [program, "--version"],
            check=False,
            capture_output=True,
            text=True,
            timeout=_ANSWER_S,
            env={**os.environ, "PATH": search_path()},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"\d+(?:\.\d+)+", done.stdout)
    return match[0] if match else ""
