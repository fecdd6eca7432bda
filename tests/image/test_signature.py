"""Signatures are minisign's: each side verifies what the other one signed."""

import base64
import os
import subprocess
from pathlib import Path

import pytest

from netsonde.image import SecretKey, new_key, read_public, read_secret, write_public, write_secret
from netsonde.image._signature import read_signature, sign, verify
from netsonde.model import FormatError

DATA = b"what is signed\n"


@pytest.fixture
def key() -> SecretKey:
    return new_key()


def test_a_signature_verifies(key: SecretKey) -> None:
    signature = read_signature(sign(DATA, key, "netsonde:1"))
    verify(DATA, signature, key.public)
    assert signature.comment == b"netsonde:1"


def test_other_data_another_comment_and_another_key_do_not(key: SecretKey) -> None:
    signature = read_signature(sign(DATA, key, "netsonde:1"))
    with pytest.raises(FormatError, match="does not fit"):
        verify(DATA + b"\n", signature, key.public)
    with pytest.raises(FormatError, match="comment was altered"):
        verify(DATA, signature._replace(comment=b"netsonde:2"), key.public)
    with pytest.raises(FormatError, match="another key"):
        verify(DATA, signature, new_key().public)
    forged = new_key().public._replace(number=key.public.number)
    with pytest.raises(FormatError, match="does not fit"):
        verify(DATA, signature, forged)


@pytest.mark.parametrize("line", [0, 1, 2, 3])
def test_a_file_that_lacks_something_is_refused(key: SecretKey, line: int) -> None:
    lines = sign(DATA, key, "x").splitlines()
    for changed in ([*lines[:line], *lines[line + 1 :]], [*lines[:line], b"%", *lines[line + 1 :]]):
        with pytest.raises(FormatError, match="not a signature"):
            read_signature(b"\n".join(changed))


def test_another_algorithm_is_refused(key: SecretKey) -> None:
    lines = sign(DATA, key, "x").splitlines()
    lines[1] = base64.b64encode(b"RS" + base64.b64decode(lines[1])[2:])
    with pytest.raises(FormatError, match="Ed25519"):
        read_signature(b"\n".join(lines))


def minisign(*arguments: str | Path, cwd: Path, text: str = "") -> None:
    done = subprocess.run(
        ["minisign", *map(str, arguments)],
        cwd=cwd,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(cwd)},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("password", ["", "open sesame"])
def test_minisign_takes_our_keys_and_signatures(
    key: SecretKey, tmp_path: Path, password: str
) -> None:
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "key").write_bytes(write_secret(key, password))
    (tmp_path / "pub").write_bytes(write_public(key.public))
    (tmp_path / "ours").write_bytes(sign(DATA, key, "netsonde:1"))
    minisign("-V", "-p", "pub", "-m", "data", "-x", "ours", cwd=tmp_path)
    minisign("-S", "-s", "key", "-m", "data", "-x", "its", cwd=tmp_path, text=f"{password}\n")
    verify(DATA, read_signature((tmp_path / "its").read_bytes()), key.public)


@pytest.mark.parametrize("legacy", [[], ["-l"]])
def test_we_take_the_keys_and_signatures_of_minisign(tmp_path: Path, legacy: list[str]) -> None:
    (tmp_path / "data").write_bytes(DATA)
    minisign("-G", "-W", "-p", "pub", "-s", "key", cwd=tmp_path)
    minisign("-S", *legacy, "-s", "key", "-m", "data", "-x", "its", "-t", "said", cwd=tmp_path)
    key = read_secret((tmp_path / "key").read_bytes())
    assert read_public((tmp_path / "pub").read_bytes()) == key.public
    signature = read_signature((tmp_path / "its").read_bytes())
    verify(DATA, signature, key.public)
    assert signature.comment == b"said"
