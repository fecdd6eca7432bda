"""Results as plain text and as HTML, for `print`, the interpreter and notebooks.

The command line prints richer tables: `netsonde.report`.
"""

from typing import NamedTuple

from netsonde.model._reply import Label


class Table(NamedTuple):
    """A result as rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    footer: str


def text(table: Table) -> str:
    """Return the table as aligned lines."""
    rows = (table.columns, *table.rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.columns))]
    aligned = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join((table.title, *aligned, table.footer))


def html(table: Table) -> str:
    """Return the table as HTML; every text is escaped, since the network wrote some of it."""
    from html import escape  # noqa: PLC0415 - notebooks alone pay for its tables

    head = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows
    )
    return (
        f"<table><caption>{escape(table.title)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        f'<tfoot><tr><td colspan="{len(table.columns)}">{escape(table.footer)}</td></tr></tfoot>'
        "</table>"
    )


def ms(value: float | None) -> str:
    """Return milliseconds with two decimals, or nothing."""
    return "" if value is None else f"{value:.2f}"


def stack(labels: tuple[Label, ...]) -> str:
    """Return a label stack, top first."""
    return " | ".join(str(label) for label in labels)


def count(number: int, noun: str) -> str:
    """Return the number with its noun, in the plural where that is due."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
