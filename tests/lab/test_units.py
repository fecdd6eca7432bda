"""Durations and rates: what people write comes out in nanoseconds and per second."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.lab._units import DURATION_MAX_NS, format_duration, parse_duration, parse_rate


@pytest.mark.parametrize(
    ("text", "value_ns"),
    [
        ("4ms", 4_000_000),
        ("0.3ms", 300_000),
        ("0.1 us", 100),
        ("7µs", 7_000),
        ("12s", 12 * 10**9),
        ("2min", 120 * 10**9),
        ("1h", 3_600 * 10**9),
        ("0s", 0),
        (" 5ns ", 5),
    ],
)
def test_durations(text: str, value_ns: int) -> None:
    assert parse_duration(text) == value_ns


@pytest.mark.parametrize(
    "text", ["", "4", "ms", "-1ms", "4 m", "1e3s", "4ms4", "1.s", "9000h", "x"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text) or None):
        parse_duration(text)


@given(st.integers(0, DURATION_MAX_NS))
def test_durations_survive_the_round_trip_to_a_part_in_a_million_million(value_ns: int) -> None:
    found = parse_duration(format_duration(value_ns))
    assert abs(found - value_ns) <= value_ns // 10**12


@pytest.mark.parametrize(
    ("text", "per_second"), [("50/s", 50.0), ("30/min", 0.5), ("3600/h", 1.0), ("0.5 / s", 0.5)]
)
def test_rates(text: str, per_second: float) -> None:
    assert parse_rate(text) == per_second


@pytest.mark.parametrize("text", ["", "50", "50/ms", "/s", "0/s", "-1/s"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text) or None):
        parse_rate(text)
