"""The state of a dataset, in SQLite: which parts count, and which runs wrote them."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from netsonde.model import FormatError, UsageError
from netsonde.store._parts import Part
from netsonde.store._tables import TABLES, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: How long a statement waits for another process, in seconds.
BUSY_S = 10.0

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE runs (
    run INTEGER PRIMARY KEY,
    started TEXT NOT NULL,
    ended TEXT,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    seed TEXT NOT NULL,
    epoch_ns INTEGER NOT NULL,
    options TEXT NOT NULL,
    counters TEXT NOT NULL
) STRICT;
CREATE TABLE generations (
    number INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    torn_bytes INTEGER NOT NULL,
    unfinished_rows INTEGER NOT NULL
) STRICT;
CREATE TABLE parts (
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (name, number)
) STRICT;
"""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run: what was asked, and what came of it."""

    started: str = ""
    """Time of day, UTC, ISO 8601."""
    ended: str | None = None
    """The same; None if it goes on, or its process died."""
    host: str = ""
    """Name of the host that measured."""
    version: str = ""
    """Version of netsonde."""
    seed: int = 0
    """Orders targets."""
    epoch_ns: int = 0
    """Unix time at which the vantage's clock began, in nanoseconds."""
    options: dict[str, Any] = {}
    """What was asked, as the caller says it."""
    counters: dict[str, Any] = {}
    """What was sent and received."""


class Snapshot(NamedTuple):
    """What a dataset holds at a moment."""

    parts: tuple[Part, ...]
    """In the order they were written."""
    generations: frozenset[int]
    """Numbers of the spools that have become parts."""


def create(path: Path) -> None:
    """Make the state of a new dataset, which appears whole; an existing one stays."""
    if path.exists():
        return
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(new, timeout=BUSY_S)) as state:
            state.execute("PRAGMA journal_mode = WAL")
            state.executescript(_SCHEMA)
            state.execute("INSERT INTO meta VALUES ('tables_version', ?)", (str(VERSION),))
            state.commit()
        with suppress(FileExistsError):  # Another process was faster: its state is as good.
            path.hardlink_to(new)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to the state.

    Raises:
        UsageError: There is no dataset.
        FormatError: It is damaged, or of a newer version.
    """
    if not path.is_file():
        message = f"{path.parent} is no dataset"
        raise UsageError(message, "`netsonde campaign run` makes one")
    try:
        with closing(_connect(path)) as state:
            state.execute("PRAGMA synchronous = FULL")
            _check(state, path)
            yield state
    except sqlite3.DatabaseError as error:
        message = f"{path} is damaged: {error}"
        raise FormatError(message) from None


def snapshot(state: sqlite3.Connection) -> Snapshot:
    """Return what the dataset holds, as of one moment."""
    state.execute("BEGIN")
    try:
        rows = state.execute("SELECT name, number, rows, bytes FROM parts ORDER BY number, name")
        parts = tuple(Part(*row) for row in rows if row[0] in TABLES)
        numbers = state.execute("SELECT number FROM generations")
        return Snapshot(parts, frozenset(number for (number,) in numbers))
    finally:
        state.rollback()


def add_generation(
    state: sqlite3.Connection,
    number: int,
    run: int,
    parts: list[Part],
    *,
    torn_bytes: int,
    unfinished_rows: int,
) -> None:
    """Let the parts of a generation count, all at once."""
    with state:
        row = (number, run, torn_bytes, unfinished_rows)
        state.execute("INSERT INTO generations VALUES (?, ?, ?, ?)", row)
        state.executemany("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)", parts)


def begin_run(state: sqlite3.Connection, run: Run) -> int:
    """Note a run that begins; return its number, from 1."""
    options, counters = (msgspec.json.encode(one).decode() for one in (run.options, run.counters))
    row = (run.started, run.ended, run.host, run.version, str(run.seed), run.epoch_ns)
    with state:
        cursor = state.execute(
            "INSERT INTO runs (started, ended, host, version, seed, epoch_ns, options, counters)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, options, counters),
        )
    assert cursor.lastrowid is not None, "a row was inserted"
    return cursor.lastrowid


def end_run(state: sqlite3.Connection, number: int, ended: str, counters: dict[str, Any]) -> None:
    """Note how a run ended."""
    encoded = msgspec.json.encode(counters).decode()
    with state:
        state.execute(
            "UPDATE runs SET ended = ?, counters = ? WHERE run = ?", (ended, encoded, number)
        )


def runs(state: sqlite3.Connection) -> dict[int, Run]:
    """Return all runs by number."""
    found = state.execute(
        "SELECT run, started, ended, host, version, seed, epoch_ns, options, counters"
        " FROM runs ORDER BY run"
    )
    return {
        row[0]: Run(
            started=row[1],
            ended=row[2],
            host=row[3],
            version=row[4],
            seed=int(row[5]),
            epoch_ns=row[6],
            options=msgspec.json.decode(row[7]),
            counters=msgspec.json.decode(row[8]),
        )
        for row in found
    }


def _connect(path: Path) -> sqlite3.Connection:
    """Return a connection; on a medium that cannot be written, one that never tries."""
    try:
        state = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
        state.execute("SELECT count(*) FROM meta")
    except sqlite3.OperationalError:
        uri = f"{path.absolute().as_uri()}?immutable=1"
        state = sqlite3.connect(uri, uri=True, check_same_thread=False)
    return state


def _check(state: sqlite3.Connection, path: Path) -> None:
    found = state.execute("SELECT value FROM meta WHERE key = 'tables_version'").fetchone()
    if found is None or found[0] != str(VERSION):
        version = found[0] if found else "none"
        message = f"{path} has tables of version {version}; this netsonde reads {VERSION}"
        raise FormatError(message, "use the version of netsonde that wrote it")
