"""Lines of aligned columns, of which the last may wrap."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Literal, NamedTuple

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Notes narrower than this would be a column of single words: better let the terminal wrap.
NOTES_WIDTH_MIN = 16


class Column(NamedTuple):
    """One column of fixed width."""

    name: str
    width: int
    align: Literal["left", "right"] = "left"


class Cell(NamedTuple):
    """What one line says in one column."""

    text: str
    style: str = ""


def line(columns: Sequence[Column], cells: Sequence[Cell], notes: Cell, width: int) -> list[Text]:
    """Return one row as one or more lines: notes that are too long go on under themselves.

    Args:
        columns: The fixed columns.
        cells: One per column; longer ones push the rest of their line to the right.
        notes: What follows the columns.
        width: Columns of the terminal.
    """
    text = Text()
    for column, cell in zip(columns, cells, strict=True):
        padded = cell.text.rjust(column.width)
        if column.align == "left":
            padded = cell.text.ljust(column.width)
        text.append(padded, cell.style).append("  ")
    indent = sum(column.width + 2 for column in columns)
    room = max(NOTES_WIDTH_MIN, width - indent)
    first, *rest = textwrap.wrap(notes.text, room, break_on_hyphens=False) or [""]
    text.append(first, notes.style)
    text.rstrip()
    return [text, *(Text(" " * indent + more, notes.style) for more in rest)]


def heading(columns: Sequence[Column], notes: str) -> Text:
    """Return the line that names the columns."""
    cells = [Cell(column.name, "dim") for column in columns]
    return line(columns, cells, Cell(notes, "dim"), 1_000)[0]
