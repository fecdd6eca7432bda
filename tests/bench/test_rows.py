"""Tidy rows, on disk and back."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from netsonde.bench import Folder, Repetition
from netsonde.bench._rows import read_parquet, versions_of, write_parquet
from netsonde.model import FormatError, HostError
from tests.bench.rows import row


def repetition(number: int) -> Repetition:
    rows = (row(number + 0.5, repetition=number),)
    return Repetition(experiment="time", runtime="process", number=number, took_s=0.1, rows=rows)


def test_parquet_gives_the_rows_back(tmp_path: Path) -> None:
    rows = [row(1.5), row(-2, experiment="size", unit="bytes", repetition=7)]
    write_parquet(rows, tmp_path / "a.parquet")
    assert read_parquet(tmp_path / "a.parquet") == rows
    names = ["experiment", "runtime", "repetition", "metric", "value", "unit", "load1"]
    assert pq.read_schema(tmp_path / "a.parquet").names == [*names, "versions", "image"]


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"no")
    with pytest.raises(FormatError, match="no rows of a benchmark"):
        read_parquet(tmp_path / "a.parquet")
    with pytest.raises(FormatError, match=r"no results\.parquet"):
        Folder(tmp_path).rows()


def test_what_was_finished_is_kept(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "out")
    assert folder.begin("a host", is_resumed=False) == []
    for number in range(2):
        folder.add(repetition(number))
    # As if killed in the middle of a line.
    with folder.journal.open("ab") as file:
        file.write(b'{"experiment":"ti')
    assert folder.finished() == [repetition(0), repetition(1)]
    with pytest.raises(HostError, match="has results already") as caught:
        folder.begin("a host", is_resumed=False)
    assert "--resume" in caught.value.hint
    assert folder.begin("a host", is_resumed=True) == [repetition(0), repetition(1)]
    folder.add(repetition(2))
    assert [one.value for one in folder.close()] == [0.5, 1.5, 2.5]
    assert [one.value for one in folder.rows()] == [0.5, 1.5, 2.5]
    assert folder.host == "a host"


def test_a_journal_that_is_none_is_refused(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.journal.write_bytes(b"{}\n")
    with pytest.raises(FormatError, match="line 1"):
        folder.finished()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="cannot write"):
        Folder(tmp_path / "file").begin("", is_resumed=False)


def test_versions_are_told_once() -> None:
    assert versions_of([row(), row()]) == ("Linux 6", "netsonde 1")
