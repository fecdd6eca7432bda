"""Key files are minisign's."""

import base64
from pathlib import Path

import pytest

from netsonde.image import (
    is_locked,
    new_key,
    read_public,
    read_secret,
    write_public,
    write_secret,
)
from netsonde.image._keys import read_file
from netsonde.model import FormatError, HostError, UsageError


def test_keys_come_back() -> None:
    key = new_key()
    assert read_public(write_public(key.public)) == key.public
    assert read_secret(write_secret(key)) == key
    assert not is_locked(write_secret(key))
    assert new_key() != key


def test_a_bare_line_of_base64_is_a_public_key_too() -> None:
    key = new_key().public
    assert read_public(write_public(key).splitlines()[1]) == key


def test_a_password_locks() -> None:
    key = new_key()
    text = write_secret(key, "open sesame")
    assert is_locked(text)
    assert key.seed not in base64.b64decode(text.splitlines()[1])
    assert read_secret(text, "open sesame") == key
    with pytest.raises(UsageError, match="does not unlock"):
        read_secret(text, "close sesame")


def test_a_damaged_key_is_told() -> None:
    payload = bytearray(base64.b64decode(write_secret(new_key()).splitlines()[1]))
    payload[70] ^= 1
    with pytest.raises(FormatError, match="damaged"):
        read_secret(base64.b64encode(payload))


def test_a_key_that_asks_for_too_much_memory_is_refused() -> None:
    payload = bytearray(base64.b64decode(write_secret(new_key(), "x").splitlines()[1]))
    payload[38:54] = (2**40).to_bytes(8, "little") * 2
    with pytest.raises(FormatError, match="bytes of memory"):
        read_secret(base64.b64encode(payload), "x")


@pytest.mark.parametrize("text", [b"", b"untrusted comment: x\n", b"%%%", b"AAAA", b"\xff\n\xff"])
def test_what_is_no_key_is_refused(text: bytes) -> None:
    for read in (read_public, read_secret):
        with pytest.raises(FormatError):
            read(text)


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(FormatError, match="another kind"):
        read_public(base64.b64encode(b"RS" + bytes(40)))
    with pytest.raises(FormatError, match="another kind"):
        read_secret(base64.b64encode(b"EdXXB2" + bytes(152)))


def test_files_have_a_limit(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(bytes(100))
    assert read_file(file, 100, "key") == bytes(100)
    with pytest.raises(FormatError, match="at most 99 bytes"):
        read_file(file, 99, "key")
    with pytest.raises(HostError, match="cannot read the key"):
        read_file(tmp_path / "none", 9, "key")
