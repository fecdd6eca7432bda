"""What the headers of an image say."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.image import read_elf
from netsonde.model import FormatError
from tests.image.samples import BASE, PVH_ENTRY, elf


def test_entries_and_memory() -> None:
    found = read_elf(elf())
    assert found.pvh_entry == PVH_ENTRY
    assert BASE < found.entry < BASE + 4_096
    assert found.loaded == len(elf()) + 1_000
    assert found.is_static
    assert not read_elf(elf(interpreter=True)).is_static


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "not an ELF"),
        (b"#!/bin/sh\n" * 10, "not an ELF"),
        (elf()[:40], "not an ELF"),
        (elf()[:16] + b"\x03\x00" + elf()[18:], "fixed addresses"),
        (elf()[:18] + b"\xb7\x00" + elf()[20:], "64-bit x86"),
        (elf()[:56] + b"\xff\xff" + elf()[58:], "program headers"),
        (elf()[:150], "program headers"),
        (elf()[:-4], "behind the file"),
    ],
)
def test_what_is_none_is_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(FormatError, match=complaint):
        read_elf(data)


@given(st.data())
def test_no_damage_does_worse_than_a_refusal(data: st.DataObject) -> None:
    octets = bytearray(elf())
    for _ in range(data.draw(st.integers(1, 8))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    with suppress(FormatError):
        read_elf(bytes(octets[: data.draw(st.integers(0, len(octets)))]))
