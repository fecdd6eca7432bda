"""SQL on a dataset, through DuckDB."""

from __future__ import annotations

import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

import msgspec

from netsonde.model import FormatError, UsageError
from netsonde.store._tables import TABLES, schema
from netsonde.store._values import Plain, plain_rows
from netsonde.store._views import MACROS, VIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    import duckdb
    import pyarrow as pa

    from netsonde.store._contents import Contents
    from netsonde.store._state import Run

T = TypeVar("T")

#: Rows of a batch of a result.
BATCH_ROWS = 16_384

#: Statements that SQL from strangers may hold: none of them writes a file.
_HARMLESS = {"SELECT", "EXPLAIN", "CREATE", "CREATE_FUNC", "INSERT", "UPDATE", "DELETE", "DROP"}
_WITH_ROWS = {"SELECT", "EXPLAIN"}
_EXPLAIN = "EXPLAIN "
#: What an EXPLAIN ANALYZE would run.
_WRITES = re.compile(r"\b(?:COPY|EXPORT)\b", re.IGNORECASE)


class ListedColumn(NamedTuple):
    """One column of a table or view."""

    name: str
    type: str
    """As DuckDB spells it."""
    meaning: str


class Listed(NamedTuple):
    """One table or view."""

    name: str
    meaning: str
    columns: list[ListedColumn]


class Query:
    """Answers SQL on what a dataset holds at one moment; `Dataset.query` makes it.

    The tables and views are those of `docs/reference/tables.md`. Unless `unsafe_files` is given,
    SQL reaches no file but the dataset's and no network, and can change neither that nor the
    dataset.
    """

    def __init__(
        self, contents: Contents, runs: dict[int, Run], *, unsafe_files: bool = False
    ) -> None:
        import duckdb  # noqa: PLC0415 - only who asks pays for it

        self._held = ExitStack()
        room = tempfile.mkdtemp(prefix="netsonde-query-")
        self._held.callback(shutil.rmtree, room, ignore_errors=True)
        self._connection = self._held.enter_context(duckdb.connect(":memory:"))
        self._worker = self._held.enter_context(ThreadPoolExecutor(1))
        self._errors = duckdb.Error
        self._unsafe_files = unsafe_files
        try:
            self._set_up(contents, runs, room)
        except duckdb.Error as error:
            self.close()
            message = f"the dataset cannot be read: {_explain(error)[0]}"
            raise FormatError(message) from None
        except BaseException:
            self.close()
            raise

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query.

        Args:
            sql: One statement; `?` stands for a parameter.
            parameters: Their values.

        Raises:
            UsageError: The SQL cannot be; its message has the position.
            FormatError: The dataset is damaged.
        """
        found: list[tuple[Any, ...]] = self._guarded(
            sql, 0, lambda: self._connection.execute(sql, list(parameters)).fetchall()
        )
        return found

    def run(self, sql: str) -> pa.RecordBatchReader | None:
        """Run statements, and return the rows of the last one; None if it has none.

        Raises:
            UsageError: The SQL cannot be; its message has the position.
            FormatError: The dataset is damaged.
        """
        statements = self._guarded(sql, 0, lambda: self._connection.extract_statements(sql))
        at = 0
        last: pa.RecordBatchReader | None = None
        for statement in statements:
            text = statement.query
            at = max(sql.find(text.strip(), at), at)
            self._refuse_writing(statement.type.name, text)
            if last is not None:
                last.close()
            if statement.type.name == "SELECT":
                # Errors of this tell the position, unlike those of a relation.
                check = partial(self._connection.execute, _EXPLAIN + text)
                self._guarded(sql, at, check, before=len(_EXPLAIN))
            last = self._guarded(sql, at, partial(self._step, statement))
            at += len(text.strip())
        return last

    def _step(self, statement: duckdb.Statement) -> pa.RecordBatchReader | None:
        """Run one statement."""
        if statement.type.name in _WITH_ROWS:
            return _reader(self._connection.sql(statement.query))
        self._connection.execute(statement.query).fetchall()
        return None

    def batches(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a result, a batch at a time.

        Raises:
            UsageError: They cannot be computed.
            FormatError: The dataset is damaged.
        """
        import pyarrow as pa  # noqa: PLC0415

        while True:
            try:
                batch = self._patiently(partial(next, reader, None))
                if batch is None:
                    return
                yield batch
            except (pa.ArrowException, OSError) as error:
                message = str(error).splitlines()[0]
                raise UsageError(f"the rows cannot be computed: {message}") from None

    def rows(self, reader: pa.RecordBatchReader) -> Iterator[tuple[Plain, ...]]:
        """Yield the rows of a result as plain values, times as text.

        Raises:
            UsageError: They cannot be computed.
            FormatError: The dataset is damaged.
        """
        for batch in self.batches(reader):
            yield from plain_rows(batch)

    def tables(self) -> list[Listed]:
        """Return the tables and views with their columns."""
        made = []
        for name, meaning, meanings in _LISTED:
            types = {row[0]: row[1] for row in self.ask(f"DESCRIBE {name}")}
            columns = [ListedColumn(each, types[each], text) for each, text in meanings]
            made.append(Listed(name, meaning, columns))
        return made

    def interrupt(self) -> None:
        """End what runs; any thread may call this."""
        self._connection.interrupt()

    def close(self) -> None:
        """Let go of the dataset."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _set_up(self, contents: Contents, runs: dict[int, Run], room: str) -> None:
        run = self._connection.execute
        run("SET temp_directory = " + _quoted(room))
        run("SET errors_as_json = true")
        run("SET autoinstall_known_extensions = false")
        if not self._unsafe_files:
            run("SET python_enable_replacements = false")
            files = [str(path) for table in TABLES for path in contents.files(table)]
            run(f"SET allowed_paths = {_list(files)}")
            run("SET enable_external_access = false")
        for table in TABLES:
            self._add_table(table, contents)
        self._connection.register("_runs", _runs(runs))
        run("CREATE VIEW runs AS SELECT * FROM _runs")
        for macro in MACROS:
            run(f"CREATE MACRO {macro.name}({macro.parameter}) AS {macro.sql}")
        for view in VIEWS:
            run(f"CREATE VIEW {view.name} AS {view.sql}")
        if not self._unsafe_files:
            run("SET lock_configuration = true")

    def _add_table(self, table: str, contents: Contents) -> None:
        import pyarrow as pa  # noqa: PLC0415

        chunks = [rows for unit in contents.spooled for rows in unit.rows(table)]
        files = [str(path) for path in contents.files(table)]
        sources = []
        if files:
            names = ", ".join(schema(table).names)
            sources.append(f"SELECT {names} FROM read_parquet({_list(files)})")  # noqa: S608
        if chunks or not files:
            rows = pa.concat_tables([schema(table).empty_table(), *chunks])
            self._connection.register(f"_spool_{table}", rows)
            sources.append(f"SELECT * FROM _spool_{table}")  # noqa: S608 - a name of ours
        self._connection.execute(f"CREATE VIEW {table} AS {' UNION ALL '.join(sources)}")

    def _refuse_writing(self, kind: str, text: str) -> None:
        if self._unsafe_files:
            return
        if kind not in _HARMLESS or (kind == "EXPLAIN" and _WRITES.search(text)):
            message = f"{kind.replace('_', ' ')} is not allowed here: it could reach other files"
            raise UsageError(message, "--unsafe-files (unsafe_files=True) allows everything")

    def _guarded(self, sql: str, at: int, work: Callable[[], Any], *, before: int = 0) -> Any:  # noqa: ANN401
        """Do something with SQL, and say what is wrong with it in words of ours.

        Args:
            sql: All of it.
            at: Where the statement begins, in characters.
            work: What to do.
            before: Bytes that were put before the statement.
        """
        import duckdb  # noqa: PLC0415

        try:
            return self._patiently(work)
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None
        except self._errors as error:
            message, position = _explain(error)
            if position is not None:
                message = f"{_place(sql, at, position - before)}: {message}"
            raise UsageError(message, _hint(message)) from None

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do something in a thread, so that Ctrl-C ends it: DuckDB itself does not always look."""
        doing = self._worker.submit(work)
        try:
            return doing.result()
        except KeyboardInterrupt:
            self._connection.interrupt()
            wait([doing])
            raise


def _explain(error: duckdb.Error) -> tuple[str, int | None]:
    """Return what is wrong, in one line, and where in the SQL."""
    text = str(error)
    try:
        found = msgspec.json.decode(text[text.index("{") :].encode())
        message, position = found["exception_message"], found.get("position")
    except (ValueError, msgspec.DecodeError, KeyError, TypeError):
        message, position = text, None
    line = "; ".join(part.strip() for part in str(message).splitlines() if part.strip())
    return line[:1].lower() + line[1:], int(position) if position is not None else None


def _place(sql: str, at: int, position: int) -> str:
    """Return where an error is as line and column, both from 1.

    Args:
        sql: All of it.
        at: Where the statement begins, in characters.
        position: Where the error is in the statement, in bytes.
    """
    inner = sql[at:].encode()[: max(position, 0)].decode(errors="replace")
    before = sql[:at] + inner
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


def _hint(message: str) -> str:
    if "disabled by configuration" in message or "disabled through configuration" in message:
        return "SQL reaches the dataset alone; --unsafe-files (unsafe_files=True) lifts that"
    return "`netsonde query DIR --tables` lists tables and columns"


def _reader(relation: duckdb.DuckDBPyRelation) -> pa.RecordBatchReader:
    return relation.to_arrow_reader(BATCH_ROWS)


def _runs(runs: dict[int, Run]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415

    text, number = pa.string(), pa.uint64()
    names = ("started", "ended", "host", "version")
    columns: dict[str, pa.Array] = {"run": pa.array(list(runs), number)}
    for name in names:
        columns[name] = pa.array([getattr(run, name) for run in runs.values()], text)
    columns["seed"] = pa.array([run.seed for run in runs.values()], number)
    for name in ("options", "counters"):
        values = [msgspec.json.encode(getattr(run, name)).decode() for run in runs.values()]
        columns[name] = pa.array(values, text)
    return pa.table(columns)


def _list(texts: list[str]) -> str:
    return "[" + ", ".join(map(_quoted, texts)) + "]" if texts else "[]::VARCHAR[]"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_LISTED = [
    *(
        (table.name, table.meaning, [(column.name, column.meaning) for column in table.columns])
        for table in TABLES.values()
    ),
    *((view.name, view.meaning, list(view.columns)) for view in VIEWS),
]
