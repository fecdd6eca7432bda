"""Spools become parts, and nothing is there twice."""

from pathlib import Path

import pytest

from netsonde.model import FormatError
from netsonde.store._generation import generation_path, read_generation, read_generations
from netsonde.store._spool import Header, SpoolWriter
from tests.store.rooms import chunks, dataset, ping, trace


def spooled(root: Path, *tables: str, run: int = 1, version: int = 2) -> Path:
    """Return a generation with some of the tables of two traces."""
    path = generation_path(root, 1)
    path.mkdir(parents=True)
    for table, chunk in chunks([trace("5.1.0.1", "5.0.0.1"), trace("5.1.0.2", "5.0.0.1")]):
        if table in tables:
            header = Header(table=table, version=version, run=run, epoch_ns=0)
            writer = SpoolWriter(path / f"{table}.spool", header)
            writer.append(chunk)
            writer.close()
    return path


def test_rows_of_unfinished_traces_are_left_out_and_counted(tmp_path: Path) -> None:
    generation = read_generation(spooled(tmp_path, "hops"))
    assert sum(rows.num_rows for rows in generation.rows("hops")) == 0
    assert generation.unfinished_rows == 2


def test_rows_of_finished_traces_stay(tmp_path: Path) -> None:
    generation = read_generation(spooled(tmp_path, "hops", "traces"))
    assert sum(rows.num_rows for rows in generation.rows("hops")) == 2
    assert generation.unfinished_rows == 0


def test_generations_that_are_parts_are_not_read(tmp_path: Path) -> None:
    spooled(tmp_path, "traces")
    assert [one.number for one in read_generations(tmp_path, frozenset())] == [1]
    assert read_generations(tmp_path, frozenset([1])) == []


def test_an_empty_spool_is_none(tmp_path: Path) -> None:
    path = spooled(tmp_path, "traces")
    (path / "hops.spool").write_bytes(b"")
    assert set(read_generation(path).spools) == {"traces"}


@pytest.mark.parametrize(("run", "version"), [(1, 99), (1 << 24, 2), (-1, 2)])
def test_a_header_that_cannot_be_is_refused(tmp_path: Path, run: int, version: int) -> None:
    with pytest.raises(FormatError, match=r"traces.spool (holds|belongs)"):
        read_generation(spooled(tmp_path, "traces", run=run, version=version))


def test_the_end_of_a_run_leaves_no_spool(tmp_path: Path) -> None:
    dataset(tmp_path, [ping("5.1.0.1"), trace("5.1.0.2", "5.0.0.1")])
    assert not list((tmp_path / "spool").iterdir())
    parts = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.parquet"))
    assert parts == [
        "data/hops/part-000001.parquet",
        "data/pings/part-000001.parquet",
        "data/traces/part-000001.parquet",
    ]
