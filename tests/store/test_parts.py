"""Parts are whole or not there."""

from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsonde.model import FormatError
from netsonde.store import _parts
from netsonde.store._tables import schema
from tests.store.rooms import EPOCH_NS, dataset, tnt

_ROWS = pa.Table.from_pylist([{"type": "dns", "record": "{}"}] * 5, schema=schema("records"))


def test_a_part_appears_whole(tmp_path: Path) -> None:
    def rows() -> object:
        yield _ROWS
        assert not list(tmp_path.rglob("*.parquet")), "not yet"
        yield _ROWS

    part = _parts.write_part(tmp_path, "records", 1, rows(), EPOCH_NS)  # type: ignore[arg-type]
    (path,) = tmp_path.rglob("*.parquet")
    assert part == ("records", 1, 10, path.stat().st_size)
    assert _parts.epoch_of(path) == EPOCH_NS
    assert not list(tmp_path.rglob("*.tmp"))


def test_no_rows_no_part(tmp_path: Path) -> None:
    assert _parts.write_part(tmp_path, "records", 1, [_ROWS.slice(0, 0)], 0) is None
    assert not list(tmp_path.rglob("*.*"))


def test_row_groups_are_of_one_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_parts, "GROUP_ROWS", 4)
    _parts.write_part(tmp_path, "records", 1, [_ROWS, _ROWS], 0)
    (path,) = tmp_path.rglob("*.parquet")
    metadata = pq.read_metadata(path)
    sizes = [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
    assert sizes == [4, 4, 2]


def test_a_part_without_a_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    pq.write_table(_ROWS.select(["type"]), path)
    with pytest.raises(FormatError, match="no column target"):
        list(_parts.read_part(path, "records"))


def test_every_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    (unit,) = dataset(tmp_path, [tnt("5.1.0.1")]).contents().units
    for table in ("traces", "hops", "tunnels", "tunnel_routers", "failed_revelations"):
        assert sum(batch.num_rows for batch in unit.batches(table)) > 0


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_any_damage_is_a_format_error_or_still_a_part(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("part") / "part.parquet"
    pq.write_table(_ROWS, path)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    path.write_bytes(whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + 1 :])
    with suppress(FormatError):
        list(_parts.read_part(path, "records"))
        _parts.epoch_of(path)
