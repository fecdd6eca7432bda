"""Scamper's JSON is read as what it says, or refused with its place."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsonde import formats
from tests.formats.samples import WARTS, is_placed, read, until_error, write
from tests.formats.test_scamper_json import lines, utc

__all__ = ["utc"]


@pytest.mark.parametrize("path", WARTS, ids=lambda path: path.stem)
def test_json_survives_json_and_warts(path: Path) -> None:
    once = read(b"".join(lines(path)), "scamper-json")
    again = read(write(once, "warts"), "warts")
    assert write(again, "scamper-json").splitlines(keepends=True) == lines(path)


def test_types_that_netsonde_does_not_know_are_told() -> None:
    (found,) = read(b'{"type":"dealias","version":"0.2"}\n', "scamper-json")
    assert found == formats.Skipped(kind="scamper dealias")


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"trace"}',
        b'{"type":"trace","method":"udp","dst":"nowhere"}',
        b'{"type":"trace","method":"smoke","dst":"1.1.1.1"}',
        b'{"type":"trace","method":"udp","dst":"1.1.1.1","sport":70000}',
        b'{"type":"ping","method":"udp","src":"1.1.1.1","dst":"1.1.1.1","payload":"xx"}',
        b'{"type":"tracelb","method":"udp","src":"1.1.1.1","dst":"1.1.1.1"}',
        b"[1]",
        b'{"type":',
        b"[" * 100_000,
        b'{"type":"trace","method":"udp","dst":"1.1.1.1","hops":[{"addr":"x","probe_ttl":1}]}',
    ],
)
def test_lines_that_cannot_be_are_told_with_their_place(line: bytes) -> None:
    good = b'{"type":"cycle-start","list_name":"a"}\n'
    data = good + line + b"\n" if line[:1] == b"{" else line
    found, error = until_error(data, "scamper-json")
    assert error is not None
    assert is_placed(error, len(data))
    assert len(found) == (line[:1] == b"{")


@settings(max_examples=200)
@given(data=st.data())
def test_damaged_json_is_a_format_error_or_other_json(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(WARTS))
    line = bytearray(data.draw(st.sampled_from(lines(path))))
    for _ in range(data.draw(st.integers(1, 3))):
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    found, error = until_error(bytes(line), "scamper-json")
    assert is_placed(error, len(line))
    assert isinstance(write(found, "warts"), bytes)
