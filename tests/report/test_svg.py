"""Figures as SVG."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.report._svg import HEIGHT, WIDTH, Series, bars, distribution

numbers = st.dictionaries(st.integers(1, 64), st.integers(0, 10**7), min_size=1, max_size=20)


@given(st.lists(numbers, min_size=1, max_size=4))
def test_every_bar_lies_within_the_figure(values: list[dict[int, int]]) -> None:
    series = [
        Series(f"s{index}", "x", {float(key): value for key, value in one.items()})
        for index, one in enumerate(values)
    ]
    root = ET.fromstring(bars(series, x="a & b", y="<y>"))
    rects = [element for element in root.iter() if element.tag == "rect"]
    assert len(rects) == sum(map(len, values))
    for rect in rects:
        x, y, width, height = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert x + width <= WIDTH
        assert y >= -0.1
        assert y + height <= HEIGHT
        assert height >= 0


def test_a_bar_is_as_high_as_its_value() -> None:
    root = ET.fromstring(bars([Series("s", "x", {1: 10, 2: 5})], x="", y=""))
    heights = [float(rect.get("height", "")) for rect in root.iter("rect")]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)


@given(st.lists(st.floats(1e-4, 1e5), min_size=1, max_size=101))
def test_a_distribution_never_falls(values: list[float]) -> None:
    ordered = sorted(values)
    points = {value: (index + 1) / len(ordered) for index, value in enumerate(ordered)}
    root = ET.fromstring(distribution([Series("rtt", "x", dict(points))], x="ms"))
    (line,) = root.iter("polyline")
    places = [tuple(map(float, point.split(","))) for point in line.get("points", "").split()]
    assert places == sorted(places, key=lambda place: (place[0], -place[1]))
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)


def test_without_values_it_says_so() -> None:
    assert "nothing to show" in bars([], x="", y="")
    assert "nothing to show" in distribution([Series("s", "x", {0.0: 1.0})], x="")
