"""Results that have no table of their own: rows of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from netsonde.model import Event, FormatError, decode_event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa


def chunk_of(lines: Iterable[bytes]) -> bytes:
    """Return results as a chunk of the table `records`.

    Args:
        lines: One event each, as `--json` prints them.

    Raises:
        FormatError: One is no JSON object with a type.
    """
    return stream_of("records", [_row(line) for line in lines])


def stream_of(table: str, values: list[dict[str, Any]]) -> bytes:
    """Return rows of a table as a chunk of it.

    Args:
        table: Its name.
        values: Its columns of each row by name; what is missing is null.
    """
    import pyarrow as pa  # noqa: PLC0415

    from netsonde.store._tables import schema  # noqa: PLC0415

    rows = pa.Table.from_pylist(values, schema=schema(table))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    return bytes(sink.getvalue())


def events(batches: Iterable[pa.RecordBatch]) -> Iterator[Event]:
    """Yield the results of rows of the table `records`.

    Raises:
        FormatError: One is no event of this version.
    """
    for batch in batches:
        for text in batch.column("record").to_pylist():
            try:
                yield decode_event(text.encode())
            except msgspec.DecodeError as error:
                message = f"a row of records is no result: {error}"
                raise FormatError(
                    message, "the dataset is damaged, or of another version"
                ) from None


def _row(line: bytes) -> dict[str, Any]:
    try:
        head = msgspec.json.decode(line, type=_Head)
        text = line.decode()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"a result is no JSON object with a type: {error}"
        raise FormatError(message) from None
    target = head.target if isinstance(head.target, str) else None
    name = head.name if isinstance(head.name, str) else None
    return {"type": head.type, "target": target or name, "record": text}


class _Head(msgspec.Struct):
    type: str
    target: Any = None
    name: Any = None
