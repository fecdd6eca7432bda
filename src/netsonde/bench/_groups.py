"""A control group of the kernel with a limit on it, for the time of an experiment."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from netsonde.model import HostError
from netsonde.runtime import Ledger, Made

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Where groups are.
ROOT = Path("/sys/fs/cgroup")
#: Microseconds over which processor time is counted out.
_PERIOD_US = 100_000


class Group:
    """A control group, of version 2 or of both controllers' own in version 1.

    Args:
        name: Its name, new below the root.
        root: Where groups are.

    Attributes:
        name: Its name.
        folders: All that it is made of.
        places: Where it has to be removed in the end.
    """

    def __init__(self, name: str, root: Path = ROOT) -> None:
        self.name = name
        self._unified = (root / "cgroup.controllers").exists()
        if self._unified:
            self._memory = self._cpu = self._time = root / name
        else:
            self._memory, self._cpu = root / "memory" / name, root / "cpu" / name
            self._time = root / "cpuacct" / name
        self.folders = list(dict.fromkeys((self._memory, self._cpu, self._time)))
        # Of version 1, engines make it anew below all other controllers.
        others = [] if self._unified else [one / name for one in sorted(root.glob("*/"))]
        self.places = list(dict.fromkeys((*self.folders, *others)))

    def make(self, *, memory_bytes: int | None = None, cpu_share: float | None = None) -> None:
        """Make it, with limits.

        Args:
            memory_bytes: Most memory that it may have.
            cpu_share: Share of one processor that it may have.

        Raises:
            HostError: It cannot be made.
        """
        try:
            if self._unified:
                control = self._memory.parent / "cgroup.subtree_control"
                control.write_text("+memory +cpu")
            for folder in self.folders:
                folder.mkdir()
            if memory_bytes is not None:
                name = "memory.max" if self._unified else "memory.limit_in_bytes"
                (self._memory / name).write_text(str(memory_bytes))
            if cpu_share is not None:
                quota = int(cpu_share * _PERIOD_US)
                if self._unified:
                    (self._cpu / "cpu.max").write_text(f"{quota} {_PERIOD_US}")
                else:
                    (self._cpu / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
                    (self._cpu / "cpu.cfs_quota_us").write_text(str(quota))
        except OSError as error:
            message = f"cannot make the control group {self.name}: {error.strerror}"
            raise HostError(message, "it takes root and the memory and cpu controllers") from error

    def join(self) -> None:
        """Bring the program that calls into the group, between fork and exec."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text("0")

    @property
    def charged_bytes(self) -> int:
        """Memory that the group is charged for."""
        name = "memory.current" if self._unified else "memory.usage_in_bytes"
        return int((self._memory / name).read_text())

    @property
    def kills(self) -> int:
        """Programs that were killed since there was no memory left."""
        name = "memory.events" if self._unified else "memory.oom_control"
        words = (self._memory / name).read_text().split()
        return int(words[words.index("oom_kill") + 1])

    @property
    def cpu_ns(self) -> int:
        """Processor time that the group used, in nanoseconds."""
        if not self._unified:
            return int((self._time / "cpuacct.usage").read_text())
        words = (self._time / "cpu.stat").read_text().split()
        return int(words[words.index("usage_usec") + 1]) * 1_000


@contextmanager
def group(
    name: str, *, memory_bytes: int | None = None, cpu_share: float | None = None
) -> Iterator[Group]:
    """Yield a group that is gone when the context ends.

    Raises:
        HostError: It cannot be made, or not be removed.
    """
    made = Group(f"netsonde-{name}-{os.getpid()}")
    ledger = Ledger(made.name)
    ledger.add(*(Made("control group", str(place)) for place in made.places))
    try:
        made.make(memory_bytes=memory_bytes, cpu_share=cpu_share)
        yield made
    finally:
        ledger.settle()
