"""The state says which parts count."""

import sqlite3
from pathlib import Path

import pytest

from netsonde.model import FormatError, UsageError
from netsonde.store import Run, _state
from netsonde.store._parts import Part


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A new state."""
    _state.create(tmp_path / "state.sqlite")
    return tmp_path / "state.sqlite"


def test_parts_of_a_generation_count_at_once(path: Path) -> None:
    with _state.opened(path) as state, _state.opened(path) as other:
        parts = [Part("hops", 1, 5, 50), Part("traces", 1, 2, 20)]
        assert _state.snapshot(other) == ((), frozenset())
        _state.add_generation(state, 1, 1, parts, torn_bytes=0, unfinished_rows=0)
        assert _state.snapshot(other) == (tuple(parts), frozenset([1]))


def test_runs_are_kept_as_they_were(path: Path) -> None:
    run = Run(seed=2**64 - 1, options={"rate": 5}, host="vp", started="2026-01-01T00:00:00Z")
    with _state.opened(path) as state:
        assert _state.begin_run(state, run) == 1
        assert _state.runs(state) == {1: run}
        _state.end_run(state, 1, "2026-01-01T00:00:09Z", {"sent": 3})
        (ended,) = _state.runs(state).values()
        assert (ended.ended, ended.counters) == ("2026-01-01T00:00:09Z", {"sent": 3})


def test_others_keep_tables_of_their_own_in_it(path: Path) -> None:
    with _state.opened(path) as state, state:
        state.execute("CREATE TABLE campaign_notes (text TEXT)")
    _state.create(path)
    with _state.opened(path) as state:
        assert state.execute("SELECT count(*) FROM campaign_notes").fetchone() == (0,)


def test_no_dataset_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no dataset"), _state.opened(tmp_path / "x.sqlite"):
        pass


def test_a_newer_version_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as state:
        state.execute("UPDATE meta SET value = '99'")
    with pytest.raises(FormatError, match="version 99"), _state.opened(path):
        pass


def test_damage_is_a_format_error(path: Path) -> None:
    path.write_bytes(b"no database" * 1_000)
    for side in (path.with_name("state.sqlite-wal"), path.with_name("state.sqlite-shm")):
        side.unlink(missing_ok=True)
    with pytest.raises(FormatError, match="is damaged"), _state.opened(path):
        pass


def test_a_state_appears_whole_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks while it is made sees no dataset, rather than a damaged one."""
    path = tmp_path / "state.sqlite"
    seen: list[bool] = []
    link = Path.hardlink_to

    def another_is_faster(target: Path, source: Path) -> None:
        seen.append(path.exists())
        link(target, source)
        with _state.opened(path) as state:
            _state.begin_run(state, Run(host="faster"))
        link(target, source)

    monkeypatch.setattr(Path, "hardlink_to", another_is_faster)
    _state.create(path)
    assert seen == [False]
    with _state.opened(path) as state:
        assert _state.runs(state)[1].host == "faster"
    assert [file.name for file in tmp_path.iterdir()] == ["state.sqlite"]
