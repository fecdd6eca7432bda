"""Generations: the spools that a run fills at one time, and the parts that become of them.

The rows of a trace are spread over several tables, and all of them are in one generation. The row
of `traces` comes last: a generation whose writer died may have hops of a trace that it does not
have. Those are unfinished, and left out.
"""

from __future__ import annotations

import mmap
import shutil
from functools import cached_property
from typing import TYPE_CHECKING

from netsonde.model import FormatError
from netsonde.store import _parts, _state
from netsonde.store._rows import SERIAL_BITS, dataset_rows, read_chunk
from netsonde.store._spool import Spool, read_spool
from netsonde.store._tables import CHILDREN, TABLES, VERSION

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa


class Generation:
    """Spools that belong together."""

    def __init__(self, path: Path, spools: dict[str, Spool]) -> None:
        self.path = path
        self.number = int(path.name)
        self.spools = spools
        """By name of the table; tables without rows have none."""
        self.unfinished_rows = 0
        """Rows left out so far by `rows`."""

    @property
    def run(self) -> int:
        """Number of the run that wrote it; 0 if it wrote nothing."""
        return max((spool.header.run for spool in self.spools.values()), default=0)

    @property
    def epoch_ns(self) -> int:
        """Unix time at which the vantage's clock began, in nanoseconds."""
        return max((spool.header.epoch_ns for spool in self.spools.values()), default=0)

    @property
    def torn_bytes(self) -> int:
        """Bytes that were being written when the writer died."""
        return sum(spool.torn_bytes for spool in self.spools.values())

    def batches(self, table: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a table, a batch at a time.

        Raises:
            FormatError: A chunk is damaged.
        """
        for rows in self.rows(table):
            chosen = rows if columns is None else rows.select(list(columns))
            yield from chosen.to_batches()

    def rows(self, table: str) -> Iterator[pa.Table]:
        """Yield the rows of a table, a chunk at a time, without those of unfinished traces.

        Raises:
            FormatError: A chunk is damaged.
        """
        spool = self.spools.get(table)
        if spool is None:
            return
        for chunk in spool.chunks():
            rows = dataset_rows(read_chunk(table, chunk), spool.header)
            yield self._only_finished(rows) if table in CHILDREN else rows

    def _only_finished(self, rows: pa.Table) -> pa.Table:
        import pyarrow.compute as pc  # noqa: PLC0415

        if not rows.num_rows:
            return rows
        ends = pc.min_max(rows.column("trace"))
        # Few of the traces are in a chunk: a table of all of them, for each, would cost the most.
        near = pc.and_(
            pc.greater_equal(self._finished, ends["min"]),
            pc.less_equal(self._finished, ends["max"]),
        )
        finished = self._finished.filter(near)
        mask = pc.is_in(rows.column("trace"), value_set=finished)
        wanted = pc.sum(mask).as_py() or 0
        self.unfinished_rows += rows.num_rows - wanted
        return rows if wanted == rows.num_rows else rows.filter(mask)

    @cached_property
    def _finished(self) -> pa.Array:
        import pyarrow as pa  # noqa: PLC0415

        columns = [rows.column("trace") for rows in self.rows("traces")]
        chunks = [chunk for column in columns for chunk in column.chunks]
        return pa.concat_arrays(chunks) if chunks else pa.array([], pa.uint64())


def generation_path(root: Path, number: int) -> Path:
    """Return where the spools of a generation are."""
    return root / "spool" / f"{number:06}"


def read_generations(root: Path, done: frozenset[int]) -> list[Generation]:
    """Return the generations that are no parts yet.

    Raises:
        FormatError: A spool is damaged beyond its torn end.
        FileNotFoundError: One became parts meanwhile: look again.
    """
    paths = sorted((root / "spool").glob("[0-9]*"))
    return [
        read_generation(path)
        for path in paths
        if path.name.isdigit() and int(path.name) not in done
    ]


def read_generation(path: Path) -> Generation:
    """Return the spools of one generation, as far as they are written."""
    spools: dict[str, Spool] = {}
    for file in sorted(path.glob("*.spool")):
        data = _mapped(file)
        spool = read_spool(data, str(file)) if len(data) else None
        if spool is None:
            continue
        header = spool.header
        if header.table not in TABLES or header.version != VERSION:
            message = f"{file} holds {header.table} of version {header.version}"
            raise FormatError(message, f"this netsonde reads version {VERSION}")
        is_first_sound = 0 <= header.first < 1 << SERIAL_BITS
        if not is_first_sound or not 0 <= header.run < 1 << (64 - SERIAL_BITS):
            message = f"{file} belongs to run {header.run} from {header.first}, which cannot be"
            raise FormatError(message)
        spools[header.table] = spool
    return Generation(path, spools)


def settle(root: Path, state: sqlite3.Connection, generation: Generation) -> None:
    """Make parts of a generation, let them count, and remove its spools.

    Each step can be repeated: whoever comes after a crash begins anew.

    Raises:
        FormatError: A chunk is damaged.
        OSError: The disk is full, or broken.
    """
    number, epoch_ns = generation.number, generation.epoch_ns
    generation.unfinished_rows = 0
    written = (
        _parts.write_part(root, table, number, generation.rows(table), epoch_ns)
        for table in generation.spools
    )
    parts = [part for part in written if part is not None]
    _state.add_generation(
        state,
        number,
        generation.run,
        parts,
        torn_bytes=generation.torn_bytes,
        unfinished_rows=generation.unfinished_rows,
    )
    forget(generation)


def forget(generation: Generation) -> None:
    """Remove the spools of a generation: their rows are in parts."""
    shutil.rmtree(generation.path)


def _mapped(path: Path) -> memoryview:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ))
