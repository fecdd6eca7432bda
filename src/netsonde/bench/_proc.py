"""Memory and processor time of running programs, as the kernel counts them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+ [-rwxps]{4} ")


class Memory(NamedTuple):
    """Memory of a program, in bytes.

    Attributes:
        rss: Resident, what it shares with others counted in full.
        pss: Resident, what it shares counted by its share.
        anonymous: The part of `rss` that no file backs.
    """

    rss: int = 0
    pss: int = 0
    anonymous: int = 0

    def __add__(self, other: object) -> Memory:
        """Return the sum."""
        assert isinstance(other, Memory), "memory is added to memory"
        pairs = zip(self, other, strict=True)
        return Memory(*(one + another for one, another in pairs))


def memory(pids: Iterable[int]) -> Memory:
    """Return the memory of programs; nothing for those that are gone."""
    total = Memory()
    for pid in pids:
        found = dict(_sizes(_read(pid, "smaps_rollup")))
        total += Memory(*(found.get(name, 0) for name in ("Rss", "Pss", "Anonymous")))
    return total


def resident_of_mapping(pid: int, size: int) -> int | None:
    """Return how much is resident of the mappings of a size, in bytes; None if there is none.

    The RAM of a guest is one anonymous mapping of just that size.
    """
    resident: int | None = None
    is_it = False
    for line in _read(pid, "smaps").splitlines():
        if _MAPPING.match(line):
            first, last = (int(text, 16) for text in line.split(" ", 1)[0].split("-"))
            is_it = last - first == size
        elif is_it and line.startswith("Rss:"):
            resident = (resident or 0) + int(line.split()[1]) * 1_024
    return resident


def tree(pid: int) -> list[int]:
    """Return a program and all that it started, itself first."""
    children: dict[int, list[int]] = {}
    for one in _all():
        if (parent := parent_of(one)) is not None:
            children.setdefault(parent, []).append(one)
    found, open_ = [], [pid]
    while open_:
        one = open_.pop()
        found.append(one)
        open_ += children.get(one, [])
    return found


def parent_of(pid: int) -> int | None:
    """Return the parent of a program; None if it is gone."""
    fields = _stat(pid)
    return int(fields[1]) if fields else None


def named(*names: str) -> list[int]:
    """Return the programs of some names."""
    return [pid for pid in _all() if _read(pid, "comm").strip() in names]


def cpu_ns(pids: Iterable[int]) -> int:
    """Return the processor time of programs and of what they waited for, in nanoseconds.

    Their own is exact; that of their ended children is counted in ticks of 10 ms.
    """
    total = 0
    for pid in pids:
        for thread in _numbers(Path(f"/proc/{pid}/task")):
            text = _read(pid, f"task/{thread}/schedstat")
            total += int(text.split()[0]) if text else 0
        if fields := _stat(pid):
            ticks = int(fields[13]) + int(fields[14])
            total += ticks * (1_000_000_000 // os.sysconf("SC_CLK_TCK"))
    return total


def _stat(pid: int) -> list[str]:
    """Return the fields after the name, which may hold anything: state, parent, ..."""
    return _read(pid, "stat").rpartition(")")[2].split()


def _sizes(text: str) -> Iterator[tuple[str, int]]:
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        if rest.endswith(" kB"):
            yield name, int(rest[:-3]) * 1_024


def _all() -> list[int]:
    return _numbers(Path("/proc"))


def _numbers(folder: Path) -> list[int]:
    try:
        return [int(path.name) for path in folder.iterdir() if path.name.isdecimal()]
    except OSError:
        return []


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
