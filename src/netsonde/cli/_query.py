"""`netsonde query`."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from netsonde.cli._main import EPILOG
from netsonde.model import HostError, UsageError
from netsonde.report import columns_of, tabulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from netsonde.store import Query

#: Rows that a table shows; JSON, CSV and Parquet have all.
ROWS_SHOWN_MAX = 1_000
#: Bytes of a file of SQL.
SQL_BYTES_MAX = 1_000_000


@click.command(epilog=EPILOG)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("sql", required=False)
@click.option("-f", "--file", metavar="FILE", help="Read the SQL from FILE; - is standard input.")
@click.option("--tables", is_flag=True, help="List tables and columns instead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per row.")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
@click.option("-o", "--output", metavar="FILE.parquet", help="Write the rows to a Parquet file.")
@click.option(
    "--unsafe-files", is_flag=True, help="Let SQL read and write other files, and the network."
)
def query(
    directory: Path,
    *,
    sql: str | None,
    file: str | None,
    tables: bool,
    as_json: bool,
    as_csv: bool,
    output: str | None,
    unsafe_files: bool,
) -> None:
    """Ask SQL on the results in DIR.

    \b
    netsonde query campaign --tables
    netsonde query campaign 'SELECT * FROM tunnel_census'
    netsonde query campaign 'SELECT address, count(*) FROM hops GROUP BY 1' --csv

    DuckDB answers. A campaign may be asked while it runs.
    """
    from netsonde.store import Dataset  # noqa: PLC0415 - only who asks pays for it

    if sum([as_json, as_csv, output is not None]) > 1:
        message = "--json, --csv and --output exclude each other"
        raise UsageError(message, "give one of them")
    if tables:
        if sql is not None or file is not None:
            raise UsageError("--tables answers by itself", "leave out the SQL")
        _list_tables(Dataset(directory).query(), as_json=as_json)
        return
    text = _sql(sql, file)
    with Dataset(directory).query(unsafe_files=unsafe_files) as asked:
        rows = asked.run(text)
        if rows is None:
            return
        if output is not None:
            _write_parquet(asked, rows, Path(output))
        elif as_json:
            _print_json(asked, rows)
        elif as_csv:
            _print_csv(asked, rows)
        else:
            _print_table(asked, rows)


def _sql(sql: str | None, file: str | None) -> str:
    """Return the SQL that is given in one of two ways."""
    if (sql is None) == (file is None):
        message = "give SQL, or a file of it with -f"
        raise UsageError(message, "`netsonde query DIR --tables` lists what there is to ask")
    if sql is not None:
        return sql
    assert file is not None, "one of the two is given"
    try:
        with contextlib.ExitStack() as held:
            stream = sys.stdin.buffer if file == "-" else held.enter_context(Path(file).open("rb"))
            data = stream.read(SQL_BYTES_MAX + 1)
        if len(data) > SQL_BYTES_MAX:
            raise UsageError(f"{file} is longer than {SQL_BYTES_MAX} bytes", "split it")
        return data.decode()
    except OSError as error:
        message = f"cannot read {file}: {error.strerror}"
        raise HostError(message, "name a file that can be read") from None
    except UnicodeDecodeError as error:
        message = f"{file} is no UTF-8 text: byte {error.start}"
        raise UsageError(message, "SQL is text") from None


def _list_tables(asked: Query, *, as_json: bool) -> None:
    with asked:
        for table in asked.tables():
            if as_json:
                columns = [column._asdict() for column in table.columns]
                click.echo(msgspec.json.encode({**table._asdict(), "columns": columns}))
                continue
            click.echo(f"{table.name}  {table.meaning}")
            width = max(len(column.name) for column in table.columns)
            for column in table.columns:
                line = f"    {column.name:<{width}}  {column.type:<14}  {column.meaning}"
                click.echo(line.rstrip())
            click.echo()


def _print_json(asked: Query, rows: pa.RecordBatchReader) -> None:
    names = rows.schema.names
    for values in asked.rows(rows):
        click.echo(msgspec.json.encode(dict(zip(names, values, strict=True))))


def _print_csv(asked: Query, rows: pa.RecordBatchReader) -> None:
    def line(values: Iterator[object] | list[str]) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(values)
        return text.getvalue()

    click.echo(line(rows.schema.names))
    for values in asked.rows(rows):
        click.echo(line(map(_cell, values)))


def _cell(value: object) -> object:
    match value:
        case bool() | list() | dict():
            return msgspec.json.encode(value).decode()
    return value


def _print_table(asked: Query, rows: pa.RecordBatchReader) -> None:
    shown: list[tuple[object, ...]] = []
    rest = False
    for values in asked.rows(rows):
        if len(shown) == ROWS_SHOWN_MAX:
            rest = True
            break
        shown.append(values)
    for line in tabulate(columns_of(rows.schema.names, shown), shown):
        click.echo(line)
    if rest:
        click.echo(f"the first {ROWS_SHOWN_MAX:,} rows; --json, --csv and -o have all", err=True)


def _write_parquet(asked: Query, rows: pa.RecordBatchReader, path: Path) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415

    if path.suffix != ".parquet":
        message = f"{path} is no name of a Parquet file"
        raise UsageError(message, "end it in .parquet, or use --json or --csv and a redirection")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with pq.ParquetWriter(draft, rows.schema, compression="zstd") as writer:
            for batch in asked.batches(rows):
                writer.write_batch(batch)
        draft.replace(path)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror or error}"
        raise HostError(message, "name a file that can be written") from None
    finally:
        draft.unlink(missing_ok=True)
