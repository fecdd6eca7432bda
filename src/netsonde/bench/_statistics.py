"""Medians and their spread: what is told of each number that was measured repeatedly."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netsonde.bench._rows import Row


class Summary(NamedTuple):
    """The repetitions of one number.

    Attributes:
        repetitions: How many.
        least: The least.
        quarter: A quarter of them is not above it.
        median: Half of them is not above it.
        three_quarters: Three quarters of them are not above it.
        most: The greatest.
        unit: Of all of these.
        load: The greatest load at which one was taken.
    """

    repetitions: int
    least: float
    quarter: float
    median: float
    three_quarters: float
    most: float
    unit: str
    load: float


class Key(NamedTuple):
    """What the repetitions of one number share."""

    experiment: str
    runtime: str
    metric: str


def quantile(values: Sequence[float], share: float) -> float:
    """Return a quantile, linear between the two nearest values.

    Args:
        values: At least one.
        share: From 0 (the least) to 1 (the greatest).

    Examples:
        >>> quantile([1, 2, 3, 4], 0.5)
        2.5
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    # So, and not by the difference, no value comes out that is outside of its two neighbours.
    rest = place - low
    between = ordered[low] * (1 - rest) + ordered[high] * rest
    return min(max(between, ordered[low]), ordered[high])


def summary(rows: Sequence[Row]) -> Summary:
    """Return the summary of rows of one number, at least one."""
    values = [row.value for row in rows]
    least, quarter, median, three_quarters, most = (
        quantile(values, share) for share in (0, 0.25, 0.5, 0.75, 1)
    )
    load = max(row.load1 for row in rows)
    return Summary(len(values), least, quarter, median, three_quarters, most, rows[0].unit, load)


def summaries(rows: Iterable[Row]) -> dict[Key, Summary]:
    """Return the summary of each number, in the order in which they came."""
    found: dict[Key, list[Row]] = {}
    for row in rows:
        found.setdefault(Key(row.experiment, row.runtime, row.metric), []).append(row)
    return {key: summary(of_key) for key, of_key in found.items()}
