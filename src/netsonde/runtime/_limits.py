"""What one run may use at most."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from netsonde.model import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_MEMORY_MIN = 4 << 20


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one run may use at most; what uses more is ended, and the error says so.

    Attributes:
        memory_bytes: Address space of a process, memory of a container, RAM of a machine; for a
            whole Debian at least 256 MiB are taken.
        cpu_s: Seconds of processor time.
        time_s: Seconds by the clock.
        console_bytes: Octets of output, events included.
    """

    memory_bytes: int = 64 << 20
    cpu_s: int = 600
    time_s: int = 600
    console_bytes: int = 64 << 20

    @property
    def memory_mib(self) -> int:
        """Memory in whole MiB."""
        return self.memory_bytes >> 20


def read_limits(texts: Iterable[str]) -> Limits:
    """Return the limits that `NAME=VALUE` texts describe.

    Names are memory, cpu, time and console; a size may end in k, m or g.

    Raises:
        UsageError: A text is none.

    Examples:
        >>> read_limits(["memory=16m", "time=30"]).memory_bytes
        16777216
    """
    fields = {"memory": "memory_bytes", "cpu": "cpu_s", "time": "time_s"}
    fields["console"] = "console_bytes"
    given = {}
    for text in texts:
        name, _, value = text.partition("=")
        match = re.fullmatch(r"(\d{1,12})([kmg]?)", value.lower())
        is_size = name in ("memory", "console")
        if name not in fields or match is None or (match[2] and not is_size):
            hint = "memory=64m, cpu=600, time=600 or console=64m"
            raise UsageError(f"{text} is no limit of a run", hint)
        given[fields[name]] = int(match[1]) * _UNITS[match[2]]
    made = Limits(**given)
    if made.memory_bytes < _MEMORY_MIN or min(made.cpu_s, made.time_s, made.console_bytes) < 1:
        raise UsageError("a limit is too low", "memory begins at 4m, the others at 1")
    return made
