"""Files are read piece by piece, from whatever gives bytes."""

import gzip
import os
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.formats._stream import Source, open_sink
from netsonde.model import FormatError


class Drops(BytesIO):
    """A pipe that gives a byte at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(1, size) if size is not None and size >= 0 else 1)


@given(
    data=st.binary(max_size=40),
    steps=st.lists(st.tuples(st.sampled_from("rlp"), st.integers(1, 9))),
)
def test_reads_lines_and_peeks_give_the_file(data: bytes, steps: list[tuple[str, int]]) -> None:
    for raw in (BytesIO(data), Drops(data)):
        source, at = Source(raw), 0
        for step, size in steps:
            if step == "p":
                assert source.peek(size) == data[at : at + size]
                continue
            end = data.find(b"\n", at, at + size) + 1 if step == "l" else 0
            expected = data[at : end or at + size]
            assert (source.read if step == "r" else source.readline)(size) == expected
            at += len(expected)
            assert source.offset == at


@pytest.mark.parametrize("compression", [None, "gz", "bz2", "xz"])
def test_what_is_compressed_is_told_by_its_first_bytes(compression: str | None) -> None:
    raw = BytesIO()
    sink = open_sink(raw, compression)
    sink.write(b"hello" * 99)
    if compression:
        sink.close()
    source = Source(Drops(raw.getvalue()))
    assert source.compression == compression
    assert source.read(10_000) == b"hello" * 99


def test_the_same_records_give_the_same_compressed_bytes() -> None:
    made = []
    for _ in range(2):
        raw = BytesIO()
        with open_sink(raw, "gz") as sink:
            sink.write(b"hello")
        made.append(raw.getvalue())
    assert made[0] == made[1]


def test_a_bomb_is_read_piece_by_piece() -> None:
    source = Source(BytesIO(gzip.compress(bytes(1 << 26))))
    assert source.read(8) == bytes(8)
    assert source.offset == 8


def test_damage_is_a_format_error() -> None:
    source = Source(BytesIO(gzip.compress(os.urandom(99))[:-9]))
    with pytest.raises(FormatError, match="the gz data is damaged"):
        source.read(999)
