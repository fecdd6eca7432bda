"""The bars are ratios of one run."""

from hypothesis import given
from hypothesis import strategies as st

from netsonde.bench import Row, bars, summaries
from tests.bench.rows import WHOLE, row

SIZES = st.floats(1, 1e9)


def told(rows: list[Row]) -> dict[str, bool | None]:
    return {one.name: one.is_reached for one in bars(summaries(rows))}


def test_all_can_be_reached() -> None:
    assert list(told(WHOLE).values()) == [True] * 6


def test_what_was_not_measured_is_said() -> None:
    assert list(told([row()]).values()) == [None] * 6
    assert bars(summaries([row()]))[0].verdict == "not measured"


@given(st.integers(0, len(WHOLE) - 1))
def test_each_number_counts(missing: int) -> None:
    assert None in told([one for number, one in enumerate(WHOLE) if number != missing]).values()


@given(floor=SIZES, probing=SIZES, result=SIZES)
def test_time_is_held_to_the_floor(floor: float, probing: float, result: float) -> None:
    rows = [
        row(floor, runtime="qemu-floor"),
        row(probing, metric="probing"),
        row(result, runtime="unikernel", metric="result"),
    ]
    found = bars(summaries(rows))[0]
    assert found.value == result / (floor + probing)
    assert found.is_reached == (found.value <= 1.3)


@given(ours=SIZES, theirs=SIZES, scale=st.floats(0.1, 10))
def test_ratios_are_of_no_unit(ours: float, theirs: float, scale: float) -> None:
    def ratio(factor: float) -> float:
        rows = [
            row(ours * factor, experiment="size", runtime="unikernel", metric="on disk"),
            row(theirs * factor, experiment="size", runtime="vm", metric="on disk"),
        ]
        value = bars(summaries(rows))[1].value
        assert value is not None
        return value

    assert abs(ratio(scale) / ratio(1) - 1) < 1e-9


@given(ours=SIZES, theirs=SIZES)
def test_density_is_at_least(ours: float, theirs: float) -> None:
    rows = [
        row(ours, experiment="density", runtime="unikernel", metric="memory: would fit"),
        row(theirs, experiment="density", runtime="vm", metric="memory: would fit"),
    ]
    found = bars(summaries(rows))[4]
    assert found.is_reached == (ours / theirs >= 10)
