"""Spools survive the death of their writer, and damage is seen."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.model import FormatError
from netsonde.store._spool import MAGIC, Header, SpoolWriter, read_spool

_HEADER = Header(table="pings", version=2, run=3, epoch_ns=5)


def spooled(path: Path, *payloads: bytes) -> bytes:
    """Return the bytes of a spool with these payloads."""
    writer = SpoolWriter(path / "x.spool", _HEADER)
    for payload in payloads:
        writer.append(payload)
    writer.sync()
    writer.close()
    return (path / "x.spool").read_bytes()


def held(data: bytes) -> list[bytes]:
    """Return the payloads that can be read."""
    spool = read_spool(memoryview(data), "x")
    return [] if spool is None else [bytes(chunk) for chunk in spool.chunks()]


def test_what_was_appended_is_read(tmp_path: Path) -> None:
    data = spooled(tmp_path, b"one", b"two")
    spool = read_spool(memoryview(data), "x")
    assert spool is not None
    assert (spool.header, spool.torn_bytes, held(data)) == (_HEADER, 0, [b"one", b"two"])


def test_a_file_torn_anywhere_loses_no_whole_chunk(tmp_path: Path) -> None:
    data = spooled(tmp_path, b"one", b"twotwo", b"three")
    ends = [data.index(payload) + len(payload) for payload in (b"one", b"twotwo", b"three")]
    for size in range(len(data) + 1):
        assert len(held(data[:size])) == sum(end <= size for end in ends)


def test_zeros_that_a_power_cut_left_are_no_chunk(tmp_path: Path) -> None:
    data = spooled(tmp_path, b"one", b"two")
    spool = read_spool(memoryview(data[:-3] + bytes(100)), "x")
    assert spool is not None
    assert spool.torn_bytes == 108
    assert held(data[:-3] + bytes(100)) == [b"one"]


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_spool_or_a_format_error(data: bytes, has_magic: bool) -> None:
    data = MAGIC + data if has_magic else data
    with suppress(FormatError):
        read_spool(memoryview(data), "x")


def test_a_chunk_whose_bytes_changed_is_left_out(tmp_path: Path) -> None:
    data = bytearray(spooled(tmp_path, b"one", b"two"))
    data[data.index(b"two")] ^= 1
    assert held(bytes(data)) == [b"one"]


def test_another_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="is no spool") as caught:
        read_spool(memoryview(b"#!/bin/sh and so on"), "hops.spool")
    assert caught.value.offset == 0


def test_a_spool_is_never_begun_twice(tmp_path: Path) -> None:
    spooled(tmp_path)
    with pytest.raises(FileExistsError):
        spooled(tmp_path)
