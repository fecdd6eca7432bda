"""Flags and parameters, by hand."""

import pytest

from netsonde.formats import ScamperHop
from netsonde.formats._scamper import Unparsed
from netsonde.formats._warts_params import FLAG_BYTES_MAX, Spec, read_text, write_text
from netsonde.formats._warts_scope import File, Malformed, Scope

SPEC = Spec(
    ("address", "address-id"), ("probe_ttl", "u8"), ("icmp_type", "icmp"), ("sent_us", "time")
)


def test_flags_are_seven_a_byte_and_link_to_the_next() -> None:
    hop = ScamperHop(probe_ttl=7, unparsed=Unparsed(mask=1 << 8, data=b"xy"))
    written = SPEC.write(hop, Scope(File()))
    assert written.hex() == "8202000307" + b"xy".hex()
    values, end = SPEC.read(written + b"more", 0, Scope(File()))
    assert (ScamperHop(**values), end) == (hop, len(written))


def test_nothing_is_one_byte() -> None:
    assert SPEC.write(ScamperHop(), Scope(File())) == b"\0"
    assert SPEC.read(b"\0", 0, Scope(File())) == ({}, 1)


def test_types_and_codes_go_together_and_times_are_two_numbers() -> None:
    hop = ScamperHop(icmp_type=11, icmp_code=1, sent_us=5_000_007)
    written = SPEC.write(hop, Scope(File()))
    assert written.hex() == "0c000a0b010000000500000007"
    assert ScamperHop(**SPEC.read(written, 0, Scope(File()))[0]) == hop


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bytes([0x80] * (FLAG_BYTES_MAX + 1)) + b"\0", "bytes of flags"),
        (b"\x02\0\x09\1", "longer than their record"),
        (b"\x04\0\1\1\1\1", "longer than their length says"),
        (b"\x01\0\4\0\0\0\1", "address 1 was not told before"),
    ],
)
def test_what_cannot_be(data: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        SPEC.read(data, 0, Scope(File()))


def test_bytes_that_are_no_text_survive() -> None:
    text, end = read_text(b"a\xffb\0c", 0)
    assert (write_text(text), end) == (b"a\xffb\0", 4)
    assert write_text("a\0b") == b"ab\0", "a zero byte would end it"
