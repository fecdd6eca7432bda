"""A dataset is one writer's and many readers'."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from netsonde.model import HostError, UsageError
from netsonde.store import Dataset
from netsonde.store._generation import generation_path
from tests.store.rooms import EPOCH_NS, dataset, ping, trace


def test_a_second_writer_is_refused_and_named_the_first(tmp_path: Path) -> None:
    code = f"from netsonde.store import Dataset; Dataset({str(tmp_path)!r}).writer()"
    with Dataset(tmp_path).writer():
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert f"process {os.getpid()} is writing to {tmp_path}" in result.stderr
        with pytest.raises(UsageError, match="is writing to"):
            Dataset(tmp_path).writer()
    with Dataset(tmp_path).writer():
        pass


def test_where_nothing_is_nothing_is_read(tmp_path: Path) -> None:
    found = Dataset(tmp_path / "none")
    assert not found.exists
    with pytest.raises(UsageError, match="none is no dataset"):
        list(found.pings())


def test_a_directory_that_cannot_be_is_a_host_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HostError, match="cannot write to"):
        Dataset(tmp_path / "file" / "data").writer()


def test_spools_that_are_parts_already_are_removed_not_read(tmp_path: Path) -> None:
    found = dataset(tmp_path, [ping("5.1.0.1")])
    # As if the process had died between the two.
    path = generation_path(tmp_path, 1)
    path.mkdir(parents=True)
    (path / "pings.spool").write_bytes(b"NETSONDE SPOOL 1")
    assert len(list(found.pings())) == 1
    with found.writer():
        assert not path.exists()
    assert len(list(found.pings())) == 1


def test_drafts_of_parts_are_removed(tmp_path: Path) -> None:
    found = dataset(tmp_path, [ping("5.1.0.1")])
    draft = tmp_path / "data" / "pings" / "part-000002.tmp"
    draft.write_bytes(b"half")
    with found.writer():
        assert not draft.exists()


def test_numbers_of_runs_and_parts_go_on(tmp_path: Path) -> None:
    found = dataset(tmp_path, [ping("5.1.0.1")], [ping("5.1.0.2")])
    assert [path.name for path in found.contents().files("pings")] == [
        "part-000001.parquet",
        "part-000002.parquet",
    ]
    assert list(found.runs()) == [1, 2]


def test_results_come_with_the_zero_of_their_clock(tmp_path: Path) -> None:
    made = dataset(tmp_path, [ping("5.1.0.1"), trace("5.1.0.2")], epoch_ns=EPOCH_NS)
    found = list(made.dated())
    assert [epoch_ns for epoch_ns, _ in found] == [EPOCH_NS] * 2
    assert [result for _, result in found] == list(made.results())
