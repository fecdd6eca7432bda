"""The writer of a dataset: appends what comes, and makes parts of it behind the caller's back."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

from netsonde.model import AliasResult, UsageError
from netsonde.store import _state
from netsonde.store._aliases import alias_chunks
from netsonde.store._generation import generation_path, read_generation, settle
from netsonde.store._rare import chunk_of, events
from netsonde.store._rows import read_chunk
from netsonde.store._spool import Header, SpoolWriter
from netsonde.store._tables import CHILDREN, TABLES, VERSION

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa

#: Rows of a table after which parts are made.
PART_ROWS = 1_048_576
#: Time after which parts are made of what there is, in nanoseconds.
PART_NS = 600_000_000_000
#: Time after which what was appended is forced to the disk, in nanoseconds.
SYNC_NS = 5_000_000_000
#: Generations that may wait to become parts; the next one makes `append` wait.
WAITING_MAX = 2

_IS_ALIAS = re.compile(rb'\{\s*"type"\s*:\s*"alias"')


class Writer:
    """Writes one run; `Dataset.writer` makes it.

    Every table has a spool: what `append` has returned from survives the death of this process.
    From time to time a thread makes parts of the spools. Memory does not grow with the run.
    """

    def __init__(
        self,
        root: Path,
        state: sqlite3.Connection,
        first: int,
        run: int,
        epoch_ns: int,
        *,
        release: Callable[[], None],
        part_rows: int = PART_ROWS,
        part_ns: int = PART_NS,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.run = run
        """Number of the run in the dataset."""
        self._root, self._state, self._number = root, state, first
        # Times on disk are microseconds; of whole ones, a record's clock begins at 0 or later.
        self._epoch_ns = epoch_ns // 1_000 * 1_000
        self._release = release
        self._part_rows, self._part_ns, self._clock = part_rows, part_ns, clock
        self._spools: dict[str, SpoolWriter] = {}
        self._rows: dict[str, int] = {}
        self._first = 0
        self._next: dict[str, int] = {}
        self._began_ns = self._synced_ns = clock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="netsonde-store")
        self._waiting: list[Future[None]] = []
        self._is_closed = False

    def append(self, table: str, chunk: bytes) -> None:
        """Append rows; once this returns, they survive the death of this process.

        Args:
            table: Name of the table.
            chunk: One Arrow IPC stream, as `_core.Columns` and the engine's process make them.

        Raises:
            UsageError: There is no such table, or numbers are there already.
            FormatError: The chunk is damaged, or of another table.
            OSError: The disk is full, or broken.
        """
        if table not in TABLES:
            message = f"there is no table named {table}"
            raise UsageError(message, f"the tables are {', '.join(TABLES)}")
        rows = read_chunk(table, chunk)
        self._number_on(table, rows)
        self._spool(table).append(chunk)
        self._rows[table] = self._rows.get(table, 0) + rows.num_rows
        now_ns = self._clock()
        if now_ns - self._synced_ns >= SYNC_NS:
            self._synced_ns = now_ns
            self._do(self._sync, list(self._spools.values()))
        is_full = max(self._rows.values()) >= self._part_rows
        is_old = now_ns - self._began_ns >= self._part_ns
        # A trace is whole once its row of `traces` is there, which comes last.
        if (is_full or is_old) and table not in CHILDREN:
            self._roll()

    def restart(self) -> None:
        """Let the next chunks come from another engine, whose numbers begin at 0 again."""
        if self._spools:
            self._roll()
        self._first = max(self._next.values(), default=0)

    def append_result(self, line: bytes) -> None:
        """Append a result that no engine makes rows of, as JSON; of aliases, rows as well.

        Args:
            line: One event, as `--json` prints it.

        Raises:
            FormatError: It is no JSON object with a type.
        """
        record = chunk_of([line])
        if _IS_ALIAS.match(line):
            (result,) = events([read_chunk("records", record).to_batches()[0]])
            assert isinstance(result, AliasResult), "its type says so"
            for table, chunk in alias_chunks(result, self.run):
                self.append(table, chunk)
        self.append("records", record)

    def finish(self, *, ended: str, counters: dict[str, Any] | None = None) -> None:
        """Note how the run ended; `close` comes after it.

        Args:
            ended: Time of day, UTC, ISO 8601.
            counters: What was sent and received.
        """
        self._do(_state.end_run, self._state, self.run, ended, counters or {})

    def close(self) -> None:
        """Make parts of everything, and let others write.

        Raises:
            OSError: The disk is full, or broken; the spools stay, and the next writer tries again.
        """
        if self._is_closed:
            return
        self._is_closed = True
        try:
            if self._spools:
                self._settle_later()
            self._worker.shutdown(wait=True)
            self._collect(0)
        finally:
            self._worker.shutdown(wait=True)
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.close)

    def _number_on(self, table: str, rows: pa.Table) -> None:
        """Refuse numbers that were there before."""
        serial = TABLES[table].serial
        if serial is None or table in CHILDREN or rows.num_rows == 0:
            return
        first, last = (self._first + rows.column(serial)[at].as_py() for at in (0, -1))
        if first < self._next.get(table, 0):
            message = f"numbers of {table} go back to {first - self._first}"
            raise UsageError(message, "call restart() where another engine takes over")
        self._next[table] = last + 1

    def _spool(self, table: str) -> SpoolWriter:
        if table not in self._spools:
            directory = generation_path(self._root, self._number)
            directory.mkdir(parents=True, exist_ok=True)
            header = Header(table=table, version=VERSION, run=self.run, epoch_ns=self._epoch_ns)
            self._spools[table] = SpoolWriter(directory / f"{table}.spool", header)
        return self._spools[table]

    def _roll(self) -> None:
        """Make parts of what there is, and begin a new generation."""
        self._settle_later()
        self._collect(WAITING_MAX)
        self._began_ns = self._clock()

    def _settle_later(self) -> None:
        self._do(self._settle, self._number, list(self._spools.values()))
        self._spools, self._rows = {}, {}
        self._number += 1

    def _settle(self, number: int, spools: list[SpoolWriter]) -> None:
        for spool in spools:
            spool.close()
        path = generation_path(self._root, number)
        settle(self._root, self._state, read_generation(path))

    def _sync(self, spools: list[SpoolWriter]) -> None:
        for spool in spools:
            spool.sync()

    def _do(self, job: Callable[..., None], *arguments: object) -> None:
        self._waiting.append(self._worker.submit(job, *arguments))

    def _collect(self, waiting_max: int) -> None:
        """Wait until few jobs wait, and raise what went wrong with those that are done."""
        while self._waiting and (len(self._waiting) > waiting_max or self._waiting[0].done()):
            self._waiting.pop(0).result()
