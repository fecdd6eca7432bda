"""From chunks, as a run writes them, to rows of the dataset.

A run numbers its results from 0 and stamps them with its vantage's clock. In the dataset numbers
are unique, and times are times of day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsonde.model import FormatError
from netsonde.store._tables import TABLES, schema

if TYPE_CHECKING:
    import pyarrow as pa

    from netsonde.store._spool import Header

#: Bits of a number that count the results of one run.
SERIAL_BITS = 40


def wire_names(table: str) -> list[str]:
    """Return the columns that a run writes."""
    clock = {"started": "started_ns", "duration_ns": "ended_ns"}
    return [clock.get(column.name, column.name) for column in TABLES[table].columns]


def read_chunk(table: str, chunk: bytes | memoryview) -> pa.Table:
    """Return the rows of a chunk as a run writes them.

    Raises:
        FormatError: It is no Arrow IPC stream, or one of another table.
    """
    import pyarrow as pa  # noqa: PLC0415

    try:
        with pa.ipc.open_stream(pa.py_buffer(chunk)) as reader:
            rows = reader.read_all()
        rows.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        message = f"rows of {table} are damaged: {str(error).splitlines()[0]}"
        raise FormatError(message) from None
    expected = wire_names(table)
    if rows.column_names != expected:
        message = f"rows of {table} have other columns"
        raise FormatError(message, f"expected {', '.join(expected)}")
    return rows


def dataset_rows(rows: pa.Table, header: Header) -> pa.Table:
    """Return the rows of a chunk as the dataset has them.

    Raises:
        FormatError: A column has values that do not fit.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    table = TABLES[header.table]
    columns: dict[str, Any] = {name: rows.column(name) for name in rows.column_names}
    try:
        if table.serial:
            first = pa.scalar((header.run << SERIAL_BITS) + header.first, pa.uint64())
            columns[table.serial] = pc.add(columns[table.serial], first)
        if table.time:
            started, ended = (_signed(columns[name]) for name in ("started_ns", "ended_ns"))
            since = pc.add(started, pa.scalar(header.epoch_ns, pa.int64()))
            columns["started"] = since.cast(pa.timestamp("ns"))
            columns["duration_ns"] = pc.subtract(ended, started)
        wanted = schema(header.table)
        arrays = [columns[field.name].cast(field.type) for field in wanted]
        return pa.Table.from_arrays(arrays, schema=wanted)
    except (pa.ArrowException, KeyError) as error:
        message = f"rows of {header.table} do not fit: {str(error).splitlines()[0]}"
        raise FormatError(message) from None


def _signed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa  # noqa: PLC0415

    return column.cast(pa.int64(), safe=False)
