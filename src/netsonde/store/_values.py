"""Rows of a result as plain values, for JSON, CSV and tables."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

#: What a plain value is.
Plain = None | bool | int | float | str | list[Any] | dict[str, Any]


def plain_rows(batch: pa.RecordBatch) -> Iterator[tuple[Plain, ...]]:
    """Yield the rows of a batch: numbers, texts, lists and mappings, times as ISO 8601.

    What JSON has no number for (NaN, infinities) is None.
    """
    columns = [_exact(column).to_pylist() for column in batch.columns]
    for values in zip(*columns, strict=True):
        yield tuple(map(_plain, values))


def _exact(column: pa.Array) -> pa.Array:
    """Return times as text: Python's have no nanoseconds."""
    wanted = _without_times(column.type)
    return column if wanted == column.type else column.cast(wanted)


def _without_times(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_timestamp(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_without_times(kind.value_type))
    return kind


def _plain(value: Any) -> Plain:  # noqa: ANN401
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case list() | tuple():
            return [_plain(each) for each in value]
        case dict():
            return {str(name): _plain(each) for name, each in value.items()}
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.hex() if isinstance(value, bytes) else str(value)
