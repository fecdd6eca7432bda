"""What there is to read, while somebody writes."""

from pathlib import Path

import pytest

from netsonde.model import HostError
from netsonde.store import Dataset, _contents
from tests.store.rooms import chunks, dataset, ping, trace


def test_a_reader_sees_parts_and_spools(tmp_path: Path) -> None:
    found = dataset(tmp_path, [trace("5.1.0.1", "5.0.0.1")])
    with found.writer() as writer:
        for table, chunk in chunks([trace("5.1.0.2", "5.0.0.1"), ping("5.1.0.3")]):
            writer.append(table, chunk)
        other = Dataset(tmp_path)
        assert [one.target for one in other.traces()] == ["5.1.0.1", "5.1.0.2"]
        assert len(other.contents().files("hops")) == 1
        before = other.contents()
    assert [one.target for one in other.traces()] == ["5.1.0.1", "5.1.0.2"]
    assert len(other.contents().files("hops")) == 2
    rows = [batch.num_rows for unit in before.units for batch in unit.batches("traces")]
    assert rows == [1, 1], "what was there to read stays readable"


def test_a_writer_that_never_rests_is_no_endless_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = dataset(tmp_path, [ping("5.1.0.1")])

    def gone(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(_contents, "read_generations", gone)
    with pytest.raises(HostError, match="faster than it can be read"):
        found.contents()
