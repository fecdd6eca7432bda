"""Parts: Parquet files that appear whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from netsonde.model import FormatError
from netsonde.store._tables import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    import pyarrow.parquet as pq

#: Rows of a row group; writers and readers hold one in memory.
GROUP_ROWS = 65_536
#: The same of tables in which the same addresses come again and again: a group has a dictionary of
#: them, and larger groups have fewer.
LARGE_GROUP_ROWS = {"hops": 131_072}
#: Rows of a batch that reading gives.
BATCH_ROWS = 16_384

#: Level of zstd: higher ones take far longer for a few per cent.
_LEVEL = 3
#: A dictionary beyond this is given up, and addresses are written out: more than a group can need.
_DICTIONARY_BYTES_MAX = 64 * 1024 * 1024
#: Columns that grow steadily: differences are small numbers.
_STEADY = {"trace", "ping", "started"}
#: Columns whose low bytes are noise: the high bytes compress once they stand together.
_NOISY = {"rtt_us", "ip_id", "duration_us", "reply_ttl"}


class Part(NamedTuple):
    """One part of a table."""

    table: str
    number: int
    rows: int
    bytes: int


def part_path(root: Path, table: str, number: int) -> Path:
    """Return where a part is, in a dataset."""
    return root / "data" / table / f"part-{number:06}.parquet"


def write_part(
    root: Path, table: str, number: int, rows: Iterable[pa.Table], epoch_ns: int
) -> Part | None:
    """Write a part, under its name once it is whole and on the disk; None if there are no rows.

    Args:
        root: The dataset.
        table: Name of the table.
        number: Number of the part; an earlier try at it is replaced.
        rows: Its rows, a chunk at a time.
        epoch_ns: Unix time at which the vantage's clock began, kept for reading back.

    Raises:
        OSError: The disk is full, or broken.
    """
    import pyarrow as pa  # noqa: PLC0415

    final = part_path(root, table, number)
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = final.with_suffix(".tmp")
    count = 0
    group_rows = LARGE_GROUP_ROWS.get(table, GROUP_ROWS)
    for group in _groups(rows, group_rows):
        if count == 0:
            writer = _writer(draft, table, epoch_ns)
        writer.write_table(group, row_group_size=group_rows)
        count += group.num_rows
        pa.default_memory_pool().release_unused()
    if count == 0:
        return None
    writer.close()
    _sync(draft)
    draft.replace(final)
    _sync(final.parent)
    return Part(table, number, count, final.stat().st_size)


def read_part(
    path: Path, table: str, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a part, a batch at a time.

    Raises:
        FormatError: It is no Parquet file, or one with other columns.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(path) as file:
            _check(file.schema_arrow, table, path)
            names = list(columns) if columns is not None else schema(table).names
            for batch in file.iter_batches(BATCH_ROWS, columns=names):
                yield batch.select(names)
    except (pa.ArrowException, OSError, ValueError) as error:
        message = f"{path} is damaged: {str(error).splitlines()[0]}"
        raise FormatError(message) from None


def epoch_of(path: Path) -> int:
    """Return the Unix time at which the clock of a part's vantage began, in nanoseconds."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        metadata = pq.read_metadata(path).metadata or {}
        return int(metadata.get(_EPOCH, b"0"))
    except (pa.ArrowException, OSError, ValueError) as error:
        message = f"{path} is damaged: {str(error).splitlines()[0]}"
        raise FormatError(message) from None


def _check(found: pa.Schema, table: str, path: Path) -> None:
    for field in schema(table):
        index = found.get_field_index(field.name)
        if index < 0 or not _alike(found.field(index).type, field.type):
            message = f"{path} has no column {field.name} of type {field.type}"
            raise FormatError(message, "it was written by another program or version")


def _alike(found: pa.DataType, expected: pa.DataType) -> bool:
    """Return whether a type is what is expected, whatever its inner fields are called."""
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_list(expected):
        return pa.types.is_list(found) and _alike(found.value_type, expected.value_type)
    if pa.types.is_struct(expected):
        names = [field.name for field in expected]
        return (
            pa.types.is_struct(found)
            and [field.name for field in found] == names
            and all(_alike(found.field(n).type, expected.field(n).type) for n in names)
        )
    return bool(found == expected)


def _groups(rows: Iterable[pa.Table], group_rows: int) -> Iterator[pa.Table]:
    """Yield the rows in groups of one size, the last one smaller."""
    import pyarrow as pa  # noqa: PLC0415

    held: list[pa.Table] = []
    count = 0
    for chunk in rows:
        held.append(chunk)
        count += chunk.num_rows
        while count >= group_rows:
            whole = pa.concat_tables(held)
            yield whole.slice(0, group_rows)
            held = [whole.slice(group_rows)]
            count -= group_rows
    if count:
        yield pa.concat_tables(held)


def _writer(path: Path, table: str, epoch_ns: int) -> pq.ParquetWriter:
    import pyarrow.parquet as pq  # noqa: PLC0415

    wanted = schema(table)
    leaves = [leaf for field in wanted for leaf in _leaves(field.name, field.type)]
    encodings = dict.fromkeys(_STEADY, "DELTA_BINARY_PACKED")
    encodings |= dict.fromkeys(_NOISY, "BYTE_STREAM_SPLIT")
    writer = pq.ParquetWriter(
        path,
        wanted,
        version="2.6",
        # The levels of the second version of pages, which say what is null, are not compressed.
        data_page_version="1.0",
        dictionary_pagesize_limit=_DICTIONARY_BYTES_MAX,
        compression="zstd",
        compression_level=_LEVEL,
        store_schema=False,
        use_dictionary=[leaf for leaf in leaves if leaf not in encodings],
        column_encoding={leaf: encodings[leaf] for leaf in leaves if leaf in encodings},
    )
    writer.add_key_value_metadata({_EPOCH: str(epoch_ns).encode()})
    return writer


def _leaves(path: str, kind: pa.DataType) -> list[str]:
    """Return the Parquet columns that a column is made of."""
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_list(kind):
        return _leaves(f"{path}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        return [leaf for field in kind for leaf in _leaves(f"{path}.{field.name}", field.type)]
    return [path]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_EPOCH = b"netsonde.epoch_ns"
