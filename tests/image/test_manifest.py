"""Manifests describe an image to the last bit."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.image._manifest import (
    IMAGE_BYTES_MAX,
    Manifest,
    check_bytes,
    check_time,
    decode,
    describe,
    encode,
)
from netsonde.model import FormatError, UsageError


def made(data: bytes = b"x" * 10_000, **other: object) -> Manifest:
    options = {"name": "netsonde", "version": 2, "release": "1.0", "created_s": 1_000} | other
    return describe(data, **options)  # type: ignore[arg-type]


def test_a_manifest_comes_back() -> None:
    manifest = made()
    assert decode(encode(manifest)) == manifest
    assert manifest.reference == "netsonde:2"
    assert len(manifest.pages) == 3
    assert manifest.expires_s == 1_000 + 365 * 86_400


@given(st.integers(1, 13_000), st.data())
def test_one_flipped_bit_is_found_on_its_page(size: int, data: st.DataObject) -> None:
    octets = bytearray(number % 251 for number in range(size))
    manifest = made(bytes(octets))
    check_bytes(manifest, bytes(octets))
    place = data.draw(st.integers(0, size - 1))
    octets[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(FormatError, match=f"page {place // 4_096} ") as caught:
        check_bytes(manifest, bytes(octets))
    assert caught.value.offset == place // 4_096 * 4_096


def test_more_and_less_are_refused() -> None:
    for data in (b"x" * 9_999, b"x" * 10_001, b""):
        with pytest.raises(FormatError, match="its manifest says 10000"):
            check_bytes(made(), data)


def test_the_whole_digest_counts_too() -> None:
    other = msgspec.structs.replace(made(), sha256="0" * 64)
    with pytest.raises(FormatError, match="its digest differs"):
        check_bytes(other, b"x" * 10_000)


def test_time_ends() -> None:
    manifest = made(valid_days=2)
    check_time(manifest, manifest.expires_s - 1)
    with pytest.raises(FormatError, match="netsonde:2 expired 3 days ago"):
        check_time(manifest, manifest.expires_s + 3 * 86_400)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"schema": 2}, "format 2"),
        ({"page_bytes": 512}, "pages of 512"),
        ({"pages": ()}, "0 digests of pages; 10000 bytes have 3"),
        ({"size": 99_999}, "3 digests of pages"),
        ({"name": "../../etc"}, "name"),
        ({"version": 0}, "version"),
        ({"sha256": "../x"}, "sha256"),
        ({"expires_s": 1_000}, "expires before"),
        ({"release": "\x1b[2J"}, "release"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], complaint: str) -> None:
    fields = msgspec.to_builtins(made()) | change
    with pytest.raises(FormatError, match=complaint):
        decode(msgspec.json.encode(fields))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"schema":1}', b" " * (5 << 20)])
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="manifest"):
        decode(data)


def test_what_cannot_be_described() -> None:
    with pytest.raises(FormatError, match="an image of 0 bytes"):
        made(b"")
    with pytest.raises(FormatError, match="expected 1 to"):
        made(bytes(IMAGE_BYTES_MAX + 1))
    with pytest.raises(UsageError, match="begin at 1"):
        made(version=0)
    with pytest.raises(UsageError, match="name"):
        made(name="Not a name")
