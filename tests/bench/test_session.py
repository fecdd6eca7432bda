"""Whose turn it is, and what is kept."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.bench import Cell, Folder, Place, Plan, Repetition, Turn, _session, run
from netsonde.bench._session import EXPERIMENTS, FAILURES_MAX, Kind, turns
from netsonde.bench._timing import FLOOR
from netsonde.bench._values import Value
from netsonde.model import HostError


def done(cell: Cell, number: int, *, took_s: float = 1.0, complaint: str = "") -> Repetition:
    return Repetition(
        experiment=cell.experiment, runtime=cell.runtime, number=number, took_s=took_s,
        complaint=complaint,
    )  # fmt: skip


def played(plan: Plan, took_s: float, finished: list[Repetition]) -> list[Repetition]:
    """Return what a plan does if all of its repetitions take equally long."""
    found = list(finished)
    for cell, of_cell in turns(plan, finished):
        of_cell.append(done(cell, len(of_cell), took_s=took_s))
        found.append(of_cell[-1])
    return found


def test_the_floor_is_measured_beside_the_unikernel() -> None:
    cells = Plan(("process", "unikernel"), ("time", "rtt")).cells()
    assert Cell("time", FLOOR) in cells
    assert Cell("rtt", FLOOR) not in cells
    assert Cell("time", FLOOR) not in Plan(("process",), ("time",)).cells()


@given(st.integers(1, 30), st.floats(0.01, 50), st.floats(0, 300))
def test_the_budget_is_kept(repeat: int, took_s: float, budget_s: float) -> None:
    plan = Plan(("process", "podman"), ("time", "rtt"), repeat, budget_s)
    found = played(plan, took_s, [])
    for cell in plan.cells():
        count = sum(Cell(one.experiment, one.runtime) == cell for one in found)
        share_s = EXPERIMENTS[cell.experiment].share * budget_s
        assert 1 <= count <= repeat
        assert count == 1 or count * took_s <= share_s + 1e-6
        assert count == repeat or (count + 1) * took_s > share_s - 1e-6


@given(st.integers(0, 12), st.integers(1, 5))
def test_resumed_is_as_not_interrupted(cut: int, repeat: int) -> None:
    plan = Plan(("process", "vm"), ("time", "size"), repeat, 10_000)
    whole = played(plan, 1.0, [])
    again = played(plan, 1.0, whole[:cut])

    def order(one: Repetition) -> tuple[str, str, int]:
        return one.experiment, one.runtime, one.number

    assert sorted(map(order, again)) == sorted(map(order, whole))
    assert again[:cut] == whole[:cut]


def test_turns_are_taken_round_by_round() -> None:
    found = played(Plan(("process", "vm"), ("time",), 2, 10_000), 1.0, [])
    assert [(one.runtime, one.number) for one in found] == [
        ("process", 0), ("vm", 0), ("process", 1), ("vm", 1),
    ]  # fmt: skip


def test_what_fails_again_and_again_is_left() -> None:
    plan, cell = Plan(("process",), ("time",), 30, 10_000), Cell("time", "process")
    failed = [done(cell, number, complaint="no") for number in range(FAILURES_MAX)]
    assert plan.wants(cell, failed[:-1])
    assert not plan.wants(cell, failed)
    assert plan.wants(cell, [*failed[:-1], done(cell, 2)])


def test_one_bad_start_is_not_the_end() -> None:
    plan, cell = Plan(("process",), ("time",), 30, 10), Cell("time", "process")
    share_s = 10 * EXPERIMENTS["time"].share
    assert plan.wants(cell, [done(cell, 0, took_s=1.5 * share_s, complaint="no")])
    assert not plan.wants(cell, [done(cell, 0, took_s=2.5 * share_s, complaint="no")])
    assert not plan.wants(cell, [done(cell, 0, took_s=1.5 * share_s)])


def test_each_repetition_is_kept_as_it_ends(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Turn] = []

    async def measure(_: Place, runtime: str) -> list[Value]:
        if len(seen) == 2:
            raise HostError("no room")
        if len(seen) == 4:
            raise KeyboardInterrupt
        return [Value("exit", len(seen), "ms")]

    monkeypatch.setitem(_session.EXPERIMENTS, "time", Kind(measure, 1.0))
    folder = Folder(tmp_path / "out")
    finished = folder.begin("h", is_resumed=False)
    plan = Plan(("process",), ("time",), 9)
    with pytest.raises(KeyboardInterrupt):
        run(plan, place, folder, finished, image="sha256:00", tell=seen.append)
    kept = folder.finished()
    assert [one.number for one in kept] == [0, 1, 2]
    assert [one.complaint for one in kept] == ["", "no room", ""]
    assert [one.value for one in folder.close()] == [1, 3]
    (row,) = kept[0].rows
    assert row.image == "sha256:00"
    assert row.versions.startswith("netsonde ")
    run(plan, place, folder, folder.begin("h", is_resumed=True), image="", tell=seen.append)
    assert [one.number for one in folder.finished()] == list(range(9))
