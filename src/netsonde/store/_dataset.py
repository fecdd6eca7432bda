"""A dataset: the results of a campaign in a directory."""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from netsonde.model import HostError, UsageError
from netsonde.store import _records, _state
from netsonde.store._contents import Contents, contents
from netsonde.store._finished import finished
from netsonde.store._generation import forget, read_generations, settle
from netsonde.store._query import Query
from netsonde.store._rare import events
from netsonde.store._state import Run
from netsonde.store._writer import PART_NS, PART_ROWS, Writer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from netsonde.model import Event, PingResult, TntResult, TraceResult


class Dataset:
    """A directory with the results of a campaign; `docs/reference/tables.md` describes its tables.

    Many may read while one writes.

    Args:
        path: The directory.

    Examples:
        >>> Dataset("no such directory").exists
        False
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def exists(self) -> bool:
        """True if there is a dataset in the directory."""
        return self._state_path.is_file()

    def create(self) -> None:
        """Make the directory and what a dataset has; an existing one stays.

        Raises:
            HostError: It cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            _state.create(self._state_path)
        except OSError as error:
            message = f"cannot write to {self.path}: {error.strerror}"
            raise HostError(message, "name a directory that can be written") from None

    def state(self) -> AbstractContextManager[sqlite3.Connection]:
        """Give a connection to the state; others may keep tables of their own in it.

        Raises:
            UsageError: There is no dataset.
            FormatError: It is damaged, or of a newer version.
        """
        return _state.opened(self._state_path)

    def writer(
        self, run: Run | None = None, *, part_rows: int = PART_ROWS, part_ns: int = PART_NS
    ) -> Writer:
        """Return the writer of a new run, after recovering what earlier ones left.

        Args:
            run: What is asked, for the record; its epoch makes times of day of the vantage's clock.
            part_rows: Rows of a table after which parts are made.
            part_ns: Time after which parts are made of what there is, in nanoseconds.

        Raises:
            HostError: Another process writes, or the directory cannot be written.
            FormatError: What is there is damaged.
        """
        self.create()
        run = run or Run()
        with ExitStack() as held:
            self._lock(held)
            state = held.enter_context(self.state())
            number = self._recover(state)
            return Writer(
                self.path,
                state,
                number,
                _state.begin_run(state, run),
                run.epoch_ns,
                release=held.pop_all().close,
                part_rows=part_rows,
                part_ns=part_ns,
            )

    def contents(self) -> Contents:
        """Return what there is to read at this moment.

        Raises:
            UsageError: There is no dataset.
            FormatError: It is damaged, or of a newer version.
        """
        with self.state() as state:
            return contents(self.path, state)

    def runs(self) -> dict[int, Run]:
        """Return the runs by number.

        Raises:
            UsageError: There is no dataset.
            FormatError: It is damaged, or of a newer version.
        """
        with self.state() as state:
            return _state.runs(state)

    def query(self, *, unsafe_files: bool = False) -> Query:
        """Return what answers SQL on this moment's contents; close it after use.

        Args:
            unsafe_files: Let SQL read and write other files, and the network.

        Raises:
            UsageError: There is no dataset.
            FormatError: It is damaged, or of a newer version.
        """
        return Query(self.contents(), self.runs(), unsafe_files=unsafe_files)

    def finished_targets(self, *, budget_is_final: bool = True) -> Iterator[str]:
        """Yield the targets that need not be measured again, many addresses a text, one a line.

        A trace that a deadline or its caller ended is not finished, nor is a ping or another
        measurement that says it is incomplete, unless its budget was spent.

        Args:
            budget_is_final: Whether a trace that a budget ended is finished.

        Raises:
            UsageError: There is no dataset.
            FormatError: It is damaged, or of a newer version.
        """
        return finished(self.contents(), budget_is_final=budget_is_final)

    def pings(self) -> Iterator[PingResult]:
        """Yield the pings, in the order they ended.

        Raises:
            UsageError: There is no dataset.
            FormatError: It is damaged, or of a newer version.
        """
        for unit in self.contents().units:
            yield from _records.pings(unit)

    def traces(self) -> Iterator[TraceResult | TntResult]:
        """Yield the traces, those of `tnt` with their tunnels, in the order they ended.

        Raises:
            UsageError: There is no dataset.
            FormatError: It is damaged, or of a newer version.
        """
        for unit in self.contents().units:
            yield from _records.paths(unit)

    def results(self) -> Iterator[Event]:
        """Yield every result, of whatever kind.

        Raises:
            UsageError: There is no dataset.
            FormatError: It is damaged, or of a newer version.
        """
        for unit in self.contents().units:
            yield from _records.pings(unit)
            yield from _records.paths(unit)
            yield from events(unit.batches("records"))

    def dated(self) -> Iterator[tuple[int, Event]]:
        """Yield every result after the Unix time at the zero of its clock, in nanoseconds.

        Raises:
            UsageError: There is no dataset.
            FormatError: It is damaged, or of a newer version.
        """
        for unit in self.contents().units:
            for made in (_records.pings(unit), _records.paths(unit)):
                yield from ((unit.epoch_ns, result) for result in made)
            yield from ((unit.epoch_ns, event) for event in events(unit.batches("records")))

    @property
    def _state_path(self) -> Path:
        return self.path / "state.sqlite"

    def _lock(self, held: ExitStack) -> None:
        """Keep other writers away until `held` closes, or this process dies."""
        path = self.path / "lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            message = f"cannot write to {path}: {error.strerror}"
            raise HostError(message, "name a directory that can be written") from None
        held.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            message = f"process {who or 'unknown'} is writing to {self.path}"
            raise UsageError(message, "wait until it ends, or name another directory") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)

    def _recover(self, state: sqlite3.Connection) -> int:
        """Make parts of what earlier runs left; return the number of the next generation."""
        for draft in (self.path / "data").glob("*/*.tmp"):
            draft.unlink()
        done = _state.snapshot(state).generations
        last = max(done, default=0)
        for generation in read_generations(self.path, frozenset()):
            last = max(last, generation.number)
            if generation.number in done:
                forget(generation)
            else:
                settle(self.path, state, generation)
        return last + 1
