"""Alias results become rows, and stay whole beside them."""

from pathlib import Path

import msgspec
import pytest

from netsonde.model import FormatError
from netsonde.store import _aliases
from netsonde.store._aliases import alias_chunks
from netsonde.store._rows import read_chunk
from tests.store.rooms import alias, dataset


def test_every_address_and_every_pair_has_a_row() -> None:
    tables = {table: read_chunk(table, chunk) for table, chunk in alias_chunks(alias(), 3)}
    addresses, pairs = tables["aliases"].to_pylist(), tables["alias_pairs"].to_pylist()
    assert [(row["router"], row["address"], row["run"]) for row in addresses] == [
        ("5.0.0.1", "5.0.0.1", 3),
        ("5.0.0.1", "5.0.0.9", 3),
        ("5.0.1.1", "5.0.1.1", 3),
    ]
    assert (addresses[0]["methods"], addresses[2]["methods"]) == (["ally"], None)
    assert pairs == [{"run": 3, **msgspec.to_builtins(alias().pairs[0])}]


def test_chunks_are_of_one_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_aliases, "CHUNK_ROWS", 2)
    chunks = list(alias_chunks(alias(), 1))
    assert [table for table, _ in chunks] == ["aliases", "aliases", "alias_pairs"]
    assert [read_chunk(table, chunk).num_rows for table, chunk in chunks] == [2, 1, 1]


def test_the_result_comes_back_whole(tmp_path: Path) -> None:
    found = dataset(tmp_path)
    with found.writer() as writer:
        writer.append_result(msgspec.json.encode(alias()))
    assert list(found.results()) == [alias()]
    assert sorted(path.parent.name for path in tmp_path.rglob("*.parquet")) == [
        "alias_pairs",
        "aliases",
        "records",
    ]


def test_half_a_result_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    found = dataset(tmp_path)
    with found.writer() as writer, pytest.raises(FormatError, match="no result"):
        writer.append_result(b'{"type":"alias","sets":[]}')
    assert not list(tmp_path.rglob("*.parquet"))
