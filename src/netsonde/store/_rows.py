"""From chunks, as a run writes them, to rows of the dataset.

A run numbers its results from 0 and stamps them with its vantage's clock, in nanoseconds. In the
dataset numbers are unique, and times are times of day in microseconds: what a clock shows beyond
that is noise, and noise takes more room on disk than everything else of a hop
(`docs/decisions/0015-microseconds-on-disk.md`).
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
#: Precision of the moment at which a probe left, in microseconds after the start.
SENT_STEP_US = 100
#: The longest round trip that a row can say, in microseconds: 71 minutes.
RTT_US_MAX = (1 << 32) - 1

_NS = 1_000
#: Columns of the dataset that a run writes under another name.
_WIRE = {
    "started": "started_ns",
    "duration_us": "ended_ns",
    "rtt_us": "rtt_ns",
    "sent_after_us": "sent_after_ns",
}


def wire_names(table: str) -> list[str]:
    """Return the columns that a run writes."""
    return [_WIRE.get(column.name, column.name) for column in TABLES[table].columns]


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
            columns["started"] = pc.divide(since, _NS).cast(pa.timestamp("us"))
            columns["duration_us"] = pc.divide(pc.subtract(ended, started), _NS)
        if "rtt_ns" in columns:
            columns["rtt_us"] = _rtt_us(columns["rtt_ns"])
        if "sent_after_ns" in columns:
            columns["sent_after_us"] = _sent_after_us(columns["sent_after_ns"])
        wanted = schema(header.table)
        arrays = [columns[field.name].cast(field.type) for field in wanted]
        return pa.Table.from_arrays(arrays, schema=wanted)
    except (pa.ArrowException, KeyError) as error:
        message = f"rows of {header.table} do not fit: {str(error).splitlines()[0]}"
        raise FormatError(message) from None


def _rtt_us(rtt_ns: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return round-trip times to the nearest microsecond."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    most = pa.scalar(RTT_US_MAX * _NS, pa.uint64())
    half = pa.scalar(_NS // 2, pa.uint64())
    return pc.divide(pc.add(pc.min_element_wise(rtt_ns, most, skip_nulls=False), half), _NS)


def _sent_after_us(sent_after_ns: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return when probes left, rounded to `SENT_STEP_US`."""
    import pyarrow.compute as pc  # noqa: PLC0415

    step_ns = SENT_STEP_US * _NS
    return pc.multiply(pc.divide(pc.add(sent_after_ns, step_ns // 2), step_ns), SENT_STEP_US)


def _signed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa  # noqa: PLC0415

    return column.cast(pa.int64(), safe=False)
