"""Tables of any rows: columns as wide as what they hold, numbers to the right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from netsonde.report._words import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Characters of a cell; longer ones are cut.
CELL_MAX = 60


class TabularColumn(NamedTuple):
    """One column."""

    name: str
    width: int
    is_number: bool


def columns_of(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[TabularColumn]:
    """Return columns for rows of plain values."""
    made = []
    for index, name in enumerate(names):
        values = [row[index] for row in rows]
        cells = [len(_cell(value)) for value in values]
        known = [value for value in values if value is not None]
        is_number = bool(known) and all(_is_number(value) for value in known)
        made.append(TabularColumn(safe(name), max([len(safe(name)), *cells]), is_number))
    return made


def tabulate(columns: Sequence[TabularColumn], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a table: names, then rows. Nothing in them steers a terminal."""
    yield _line([column.name for column in columns], columns)
    for row in rows:
        yield _line([_cell(value) for value in row], columns)


def _line(cells: Sequence[str], columns: Sequence[TabularColumn]) -> str:
    padded = (
        cell.rjust(column.width) if column.is_number else cell.ljust(column.width)
        for cell, column in zip(cells, columns, strict=True)
    )
    return "  ".join(padded).rstrip()


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool() | list() | dict():
            text = json.dumps(value, ensure_ascii=False)
        case float():
            text = f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"
        case _:
            text = str(value)
    text = safe(text)
    return text if len(text) <= CELL_MAX else text[: CELL_MAX - 1] + "…"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
