"""What a dataset holds at a moment, whatever its writer does meanwhile."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from netsonde.model import HostError
from netsonde.store._generation import Generation, read_generations
from netsonde.store._parts import epoch_of, part_path, read_part
from netsonde.store._state import snapshot

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

#: Attempts to look at a dataset whose writer makes parts of spools meanwhile.
TRIES_MAX = 10


class Settled:
    """The parts of one generation."""

    def __init__(self, files: dict[str, Path]) -> None:
        self.files = files
        """By name of the table; tables without rows have none."""

    @property
    def epoch_ns(self) -> int:
        """Unix time at which the vantage's clock began, in nanoseconds."""
        return max(map(epoch_of, self.files.values()), default=0)

    def batches(self, table: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a table, a batch at a time.

        Raises:
            FormatError: The part is damaged.
        """
        if table in self.files:
            yield from read_part(self.files[table], table, columns)


class Contents(NamedTuple):
    """What there was to read at a moment; it stays readable."""

    settled: tuple[Settled, ...]
    """In the order they were written."""
    spooled: tuple[Generation, ...]
    """What is no part yet."""

    @property
    def units(self) -> tuple[Settled | Generation, ...]:
        """All of it, in the order it was written."""
        return self.settled + self.spooled

    def files(self, table: str) -> list[Path]:
        """Return the parts of a table, in the order they were written."""
        return [unit.files[table] for unit in self.settled if table in unit.files]


def contents(root: Path, state: sqlite3.Connection) -> Contents:
    """Return what a dataset holds.

    Raises:
        FormatError: A spool is damaged beyond its torn end.
        HostError: Its writer is too busy to look at.
    """
    for _ in range(TRIES_MAX):
        found = snapshot(state)
        try:
            spooled = read_generations(root, found.generations)
        except FileNotFoundError:
            continue  # it became parts since we asked for them
        if snapshot(state).generations != found.generations:
            continue
        files: dict[int, dict[str, Path]] = defaultdict(dict)
        for part in found.parts:
            files[part.number][part.table] = part_path(root, part.table, part.number)
        return Contents(tuple(map(Settled, files.values())), tuple(spooled))
    message = f"the writer of {root} changes it faster than it can be read"
    raise HostError(message, "try again")
