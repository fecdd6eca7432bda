"""Medians and their spread."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.bench._statistics import Key, quantile, summaries, summary
from tests.bench.rows import row

VALUES = st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=50)


@given(VALUES)
def test_quartiles_are_those_of_the_library(values: list[float]) -> None:
    expected = statistics.quantiles(values, n=4, method="inclusive")
    found = [quantile(values, share) for share in (0.25, 0.5, 0.75)]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-6)


@given(VALUES, st.floats(0, 1))
def test_a_quantile_is_between_its_neighbours(values: list[float], share: float) -> None:
    found = quantile(values, share)
    below = sum(one <= found for one in values)
    assert min(values) <= found <= max(values)
    assert below >= share * (len(values) - 1)


@given(VALUES)
def test_a_summary_is_in_order(values: list[float]) -> None:
    found = summary([row(one) for one in values])
    assert found.repetitions == len(values)
    assert found.least == min(values)
    assert found.most == max(values)
    ordered = (found.least, found.quarter, found.median, found.three_quarters, found.most)
    assert list(ordered) == sorted(ordered)


def test_one_value_is_its_own_median() -> None:
    assert set(summary([row(7.0)])[1:6]) == {7.0}


def test_numbers_are_told_apart() -> None:
    rows = [row(1), row(3), row(5, runtime="podman"), row(7, metric="cpu")]
    found = summaries(rows)
    assert {key: one.median for key, one in found.items()} == {
        Key("time", "process", "exit"): 2,
        Key("time", "podman", "exit"): 5,
        Key("time", "process", "cpu"): 7,
    }
