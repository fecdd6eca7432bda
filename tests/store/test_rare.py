"""Results without a table of their own."""

from pathlib import Path

import msgspec
import pytest

from netsonde.model import FormatError
from netsonde.store._rare import chunk_of
from netsonde.store._rows import read_chunk
from tests.store.rooms import dataset, trace


def test_the_record_is_kept_as_it_came_beside_its_type_and_target() -> None:
    lines = [b'{"type":"multipath", "target":"5.1.0.1"}', b'{"type":"alias","sets":[]}']
    rows = read_chunk("records", chunk_of(lines)).to_pylist()
    assert rows == [
        {"type": "multipath", "target": "5.1.0.1", "record": lines[0].decode()},
        {"type": "alias", "target": None, "record": lines[1].decode()},
    ]


@pytest.mark.parametrize("line", [b"{}", b"[]", b"\xff", b'{"type":1}', b'{"type":"x\xff"}'])
def test_what_is_no_result_is_refused(line: bytes) -> None:
    with pytest.raises(FormatError, match="no JSON object with a type"):
        chunk_of([line])


def test_results_are_read_as_events(tmp_path: Path) -> None:
    found = dataset(tmp_path)
    event = trace("5.1.0.1", "5.0.0.1")
    with found.writer() as writer:
        writer.append_result(msgspec.json.encode(event))
    assert list(found.results()) == [event]


def test_a_result_of_another_version_is_named(tmp_path: Path) -> None:
    found = dataset(tmp_path)
    with found.writer() as writer:
        writer.append_result(b'{"type":"telepathy"}')
    with pytest.raises(FormatError, match="a row of records is no result"):
        list(found.results())
