"""Figures as SVG, to stand in a page: no script, colours by class, every text escaped."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 44
_TICKS = 5
_BAR_WIDTH_MAX = 28


class Series(NamedTuple):
    """Bars or points of one kind."""

    name: str
    """For the legend and for whoever points at it."""
    style: str
    """CSS class."""
    values: dict[float, float]
    """From x to y."""


def bars(series: Sequence[Series], *, x: str, y: str) -> str:
    """Return bars beside each other, one group per whole number on the x axis.

    Args:
        series: The kinds of bars.
        x: What the x axis counts.
        y: What the y axis counts.
    """
    keys = sorted({key for one in series for key in one.values})
    if not keys:
        return _nothing()
    first, last = int(keys[0]), int(keys[-1])
    groups = last - first + 1
    top = max(max(one.values.values(), default=0) for one in series)
    scale = _Scale(first - 0.5, last + 0.5, top, step_min=1)
    width = min(scale.width / groups * 0.8 / len(series), _BAR_WIDTH_MAX)
    parts = [scale.y_axis(y), _x_numbers(scale, first, last, x)]
    for number, one in enumerate(series):
        for key, value in one.values.items():
            left = scale.x(key) + (number - len(series) / 2) * width
            label = f"{one.name}, {_number(key)}: {_number(value)}"
            parts.append(
                f'<rect class="{one.style}" x="{left:.1f}" y="{scale.y(value):.1f}" '
                f'width="{max(width - 1, 1):.1f}" height="{scale.y(0) - scale.y(value):.1f}">'
                f"<title>{escape(label)}</title></rect>"
            )
    return _figure(parts)


def distribution(series: Sequence[Series], *, x: str) -> str:
    """Return cumulative shares as lines, the x axis logarithmic.

    Args:
        series: From a value to the share of all that are no greater, 0 to 1.
        x: What the x axis shows.
    """
    positive = [key for one in series for key in one.values if key > 0]
    if not positive:
        return _nothing()
    low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    scale = _Scale(low, max(high, low + 1), 1)
    parts = [scale.y_axis("share", percent=True)]
    for power in range(low, max(high, low + 1) + 1):
        parts.append(scale.x_tick(power, _number(10.0**power)))
    parts.append(scale.x_name(x))
    for one in series:
        points = " ".join(
            f"{scale.x(math.log10(max(key, 10.0**low))):.1f},{scale.y(share):.1f}"
            for key, share in sorted(one.values.items())
        )
        parts.append(
            f'<polyline class="line {one.style}" points="{points}">'
            f"<title>{escape(one.name)}</title></polyline>"
        )
    return _figure(parts)


class _Scale:
    """From values to places in the figure."""

    def __init__(self, left: float, right: float, top: float, step_min: float = 0) -> None:
        self.width = WIDTH - _LEFT - _RIGHT
        self._left, self._span = left, right - left
        self._step = max(_nice(top / _TICKS), step_min)
        self._top = self._step * math.ceil(top / self._step) if top else 1

    def x(self, value: float) -> float:
        return _LEFT + (value - self._left) / self._span * self.width

    def y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - value / self._top * (HEIGHT - _TOP - _BOTTOM)

    def y_axis(self, name: str, *, percent: bool = False) -> str:
        parts = []
        for tick in range(round(self._top / self._step) + 1):
            value = tick * self._step
            text = f"{value:.0%}" if percent else _number(value)
            at = self.y(value)
            parts.append(
                f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at:.1f}" '
                f'y2="{at:.1f}"/><text class="tick end" x="{_LEFT - 6}" y="{at + 4:.1f}">'
                f"{escape(text)}</text>"
            )
        middle = (HEIGHT - _BOTTOM + _TOP) / 2
        turned = f'transform="rotate(-90 14 {middle})" x="14" y="{middle}"'
        return "".join([*parts, f'<text class="axis" {turned}>{escape(name)}</text>'])

    def x_tick(self, value: float, text: str) -> str:
        return (
            f'<text class="tick middle" x="{self.x(value):.1f}" y="{HEIGHT - _BOTTOM + 16}">'
            f"{escape(text)}</text>"
        )

    def x_name(self, name: str) -> str:
        middle = _LEFT + self.width / 2
        return f'<text class="axis" x="{middle}" y="{HEIGHT - 6}">{escape(name)}</text>'


def _x_numbers(scale: _Scale, first: int, last: int, name: str) -> str:
    step = max(1, math.ceil((last - first + 1) / 24))
    ticks = [scale.x_tick(key, str(key)) for key in range(first, last + 1, step)]
    return "".join([*ticks, scale.x_name(name)])


def _figure(parts: list[str]) -> str:
    inner = "".join(parts)
    return f'<svg class="figure" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{inner}</svg>'


def _nothing() -> str:
    return '<p class="nothing">nothing to show</p>'


def _nice(step: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten."""
    if step <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step * 0.999)


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value >= 1 or value == 0 else f"{value:g}"
