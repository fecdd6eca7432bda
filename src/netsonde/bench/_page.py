"""The results as text: Markdown for the documentation, and one HTML page without links."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from netsonde.bench._bars import Bar, bars
from netsonde.bench._figures import FIGURES, ORDER
from netsonde.bench._published import Published, beside, megabytes
from netsonde.bench._rows import Cell, versions_of
from netsonde.bench._statistics import Key, Summary, summaries
from netsonde.model import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netsonde.bench._rows import Repetition, Row

#: Between these two lines of a page the figures stand.
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

_TITLES = {
    "size": "Size",
    "time": "Time and processor time",
    "rtt": "Round-trip times",
    "memory": "Memory of one instance",
    "ksm": "Memory with equal pages merged",
    "rate": "Starts per second",
    "density": "Density",
}
_HEAD = ("runtime", "metric", "median", "quartiles", "range", "n", "load")
_TEMPLATE = "_page.html"


class Table(NamedTuple):
    """A table of one experiment."""

    title: str
    figures: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Results(NamedTuple):
    """All that is told of a run."""

    found: Mapping[Key, Summary]
    bars: Sequence[Bar]
    beside: Sequence[Published]
    tables: Sequence[Table]
    versions: Sequence[str]
    images: Sequence[str]
    load: float
    failures: Sequence[str]


def results(rows: Sequence[Row], finished: Sequence[Repetition] = ()) -> Results:
    """Return what there is to tell of rows.

    Args:
        rows: The numbers.
        finished: The repetitions, those that failed among them.

    Raises:
        UsageError: There are none.
    """
    if not rows:
        raise UsageError("there are no results yet", "run `netsonde bench runtimes -o DIR` first")
    found = summaries(rows)
    return Results(
        found,
        bars(found),
        beside(found),
        [_table(name, title, found) for name, title in _TITLES.items() if _has(name, found)],
        versions_of(rows),
        sorted({row.image for row in rows if row.image}),
        max(row.load1 for row in rows),
        failures(finished),
    )


def failures(finished: Sequence[Repetition]) -> list[str]:
    """Return what is to be said of repetitions that failed, a line for each kind."""
    cells: dict[Cell, list[str]] = {}
    for one in finished:
        cells.setdefault(Cell(one.experiment, one.runtime), []).append(one.complaint)
    return [
        f"{cell.experiment}, {cell.runtime}: {len(bad)} of {len(all_)} failed: {bad[-1]}"
        for cell, all_ in cells.items()
        if (bad := [text for text in all_ if text])
    ]


def markdown(told: Results, *, host: str = "", images: str = "") -> str:
    """Return the results as Markdown.

    Args:
        told: The results.
        host: What they were measured on.
        images: The folder of the figures, from the page; empty for none.
    """
    about = [f"Host: {host}."] if host else []
    about += [
        f"Versions: {', '.join(told.versions)}.",
        f"Load of the host at most {told.load:.1f}.",
    ]
    about += [f"Image: `{one}`." for one in told.images]
    about += [f"{one}." for one in told.failures]
    parts = ["\n".join(about), "### Bars\n\n" + _bars_table(told.bars)]
    for one in told.tables:
        pictures = [f"![{name}]({images}/{name}.png)" for name in one.figures if images]
        parts.append("\n\n".join([f"### {one.title}", *pictures, _lines(_HEAD, one.rows)]))
    head = ("system", "image", "memory", "time", "what compares")
    others = _lines(head, [tuple(one) for one in told.beside])
    parts.append(f"### Beside what others published\n\n{others}")
    return "\n\n".join(parts) + "\n"


def into_page(page: str, text: str) -> str:
    """Return a page of the documentation with the results between its two marks.

    Raises:
        UsageError: It has no marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UsageError("the page has no place for figures", f"write {BEGIN} and {END} into it")
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def html(told: Results, drawn: Mapping[str, bytes], *, title: str, host: str = "") -> str:
    """Return the results as one page that needs nothing else.

    Args:
        told: The results.
        drawn: Figures as SVG, by name.
        title: Of the page.
        host: What they were measured on.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["limit"] = _limit
    environment.filters["value"] = _value
    template = environment.from_string(
        files("netsonde.bench").joinpath(_TEMPLATE).read_text(encoding="utf-8")
    )
    # Matplotlib escapes what it draws; what stands before the element is for files of its own.
    svg = {
        name: Markup(text[text.index("<svg") :])  # noqa: S704
        for name, text in ((name, data.decode()) for name, data in drawn.items())
    }
    return template.render(title=title, host=host, told=told, svg=svg, head=_HEAD)


def number(value: float, unit: str) -> str:
    """Return a number with its unit, as people read it.

    Examples:
        >>> number(1234.5, "ms"), number(438_864, "bytes"), number(20, "1")
        ('1,234 ms', '0.439 MB', '20')
    """
    if unit == "bytes":
        return megabytes(value)
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    names = {"1": "", "us": " µs", "1/s": " /s"}
    return text + names.get(unit, f" {unit}")


def _table(experiment: str, title: str, found: Mapping[Key, Summary]) -> Table:
    keys = [key for key in found if key.experiment == experiment]
    place = {name: at for at, name in enumerate(ORDER)}
    keys.sort(key=lambda key: place.get(key.runtime, len(place)))
    figures = tuple(one.name for one in FIGURES if one.experiment == experiment)
    return Table(title, figures, tuple(_cells(key, found[key]) for key in keys))


def _cells(key: Key, one: Summary) -> tuple[str, ...]:
    quartiles = f"{number(one.quarter, one.unit)} to {number(one.three_quarters, one.unit)}"
    spread = f"{number(one.least, one.unit)} to {number(one.most, one.unit)}"
    shown = ("", "") if one.repetitions == 1 else (quartiles, spread)
    median = number(one.median, one.unit)
    return (key.runtime, key.metric, median, *shown, str(one.repetitions), f"{one.load:.1f}")


def _has(experiment: str, found: Mapping[Key, Summary]) -> bool:
    return any(key.experiment == experiment for key in found)


def _bars_table(found: Sequence[Bar]) -> str:
    head = ("bar", "measured", "limit", "verdict")
    return _lines(head, [(one.name, _value(one), _limit(one), one.verdict) for one in found])


def _value(one: Bar) -> str:
    if one.value is None:
        return ""
    return f"1/{1 / one.value:,.0f}" if _is_part(one) else f"{one.value:,.2f} {one.unit}".strip()


def _limit(one: Bar) -> str:
    text = f"1/{1 / one.limit:,.0f}" if _is_part(one) else f"{one.limit:g} {one.unit}".strip()
    return f"at {'least' if one.is_least else 'most'} {text}"


def _is_part(one: Bar) -> bool:
    """Return whether a ratio reads best as a part of one."""
    return one.limit < 1 / 100


def _lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str]) -> str:
        return (
            f"| {' | '.join(escape(cell, quote=False).replace('|', '&#124;') for cell in cells)} |"
        )

    return "\n".join([line(head), line(["---"] * len(head)), *map(line, rows)])
