"""Every record survives being written and read; every file of scamper's comes out as it went in."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde import formats
from netsonde.model import FormatError
from tests.formats.samples import RECORDS, WARTS, is_placed, read, until_error, write


@pytest.mark.parametrize("path", WARTS, ids=lambda path: path.stem)
def test_a_file_of_scampers_comes_out_byte_for_byte(path: Path) -> None:
    assert len(WARTS) > 10
    assert write(formats.read(path), "warts") == path.read_bytes()


@given(record=RECORDS)
def test_any_record_survives(record: formats.Record) -> None:
    found = read(write([record], "warts"), "warts")
    assert found[-1] == record


@given(records=st.lists(RECORDS, max_size=4))
def test_any_file_settles(records: list[formats.Record]) -> None:
    once = write(records, "warts")
    assert write(read(once, "warts"), "warts") == once


@pytest.mark.parametrize("path", WARTS, ids=lambda path: path.stem)
def test_a_cut_file_gives_what_came_before(path: Path) -> None:
    data, whole = path.read_bytes(), read(path.read_bytes(), "warts")
    for size in range(len(data)):
        found, error = until_error(data[:size], "warts")
        if error is None:
            assert write(found, "warts") == data[:size], "it was cut between two records"
        else:
            assert (error.offset, "record" in error.message) == (size, True)
        assert found == whole[: len(found)]


@given(data=st.data())
def test_a_damaged_file_is_a_format_error_or_another_file(data: st.DataObject) -> None:
    original = bytearray(data.draw(st.sampled_from(WARTS)).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(original) - 1))
        original[place] = data.draw(st.integers(0, 255))
    found, error = until_error(bytes(original), "warts")
    assert is_placed(error, len(original))
    for record in found:
        formats.measured(record)
        write([record], "scamper-json")


@given(data=st.binary(max_size=200))
def test_any_bytes_behind_a_header_are_survived(data: bytes) -> None:
    for kind in range(12):
        file = b"\x12\x05" + kind.to_bytes(2, "big") + len(data).to_bytes(4, "big") + data
        _, error = until_error(file, "warts")
        assert is_placed(error, len(file))


@pytest.mark.parametrize(
    ("data", "offset", "words"),
    [
        (b"\x12\x06" + bytes(6), 0, "record 1: a record begins with 1206"),
        (b"\x12\x05\0\6\xff\xff\xff\xff", 4, "the limit is 16777216"),
        (b"\x12\x05\0\6\0\0\0\2\0\0", 10, "ends within its values"),
        (b"\x12\x05\0\1\0\0\0\x09" + bytes(8) + b"x", 16, "a text does not end"),
        (b"\x12\x05\0\5\0\0\0\6\1\1\1\2\3\4" + b"\x12\x05\0\5\0\0\0\6\1\1\1\2\3\4", 22, "modulo"),
        (b"\x12\x05\0\6\0\0\0\5\1\0\2\0\0", 11, "list"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(data: bytes, offset: int, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read(data, "warts")
    assert caught.value.offset == offset


def test_addresses_of_the_deprecated_form_are_read() -> None:
    address = b"\x12\x05\0\5\0\0\0\6" + b"\1\1\5\1\0\1" + b"\x12\x05\0\5\0\0\0\6" + b"\2\1\5\2\0\1"
    body = b"\x0c\0\x08\0\0\0\1\0\0\0\2" + b"\0\1" + b"\3\0\5\0\0\0\2\7" + b"\0\0"
    (trace,) = read(address + b"\x12\x05\0\6\0\0\0" + bytes((len(body),)) + body, "warts")
    assert isinstance(trace, formats.ScamperTrace)
    assert (trace.source, trace.target) == ("5.1.0.1", "5.2.0.1")
    assert (trace.hops[0].address, trace.hops[0].probe_ttl) == ("5.2.0.1", 7)
