"""Whose signatures count."""

from pathlib import Path

import pytest

from netsonde.image import Trust, _trust, new_key, write_secret
from netsonde.image._trust import configuration
from netsonde.model import FormatError, HostError, UsageError


def test_the_own_key_is_made_once_kept_secret_and_trusted(tmp_path: Path) -> None:
    trust = Trust(tmp_path / "new")
    key = trust.own_key()
    assert trust.own_key() == key
    assert trust.own_file.stat().st_mode & 0o777 == 0o600
    assert trust.keys() == {key.public.number: key.public}


def test_a_key_that_is_there_is_trusted_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may sign with it as soon as it sees it."""
    trust, write = Trust(tmp_path), _trust._write
    looks = []

    def look(file: Path, data: bytes, mode: int) -> None:
        write(file, data, mode)
        if trust.own_file.exists():
            number = Trust(tmp_path).own_key().public.number
            looks.append(trust.key_of(number).number == number)

    monkeypatch.setattr(_trust, "_write", look)
    trust.own_key()
    assert looks
    assert all(looks)


def test_others_are_trusted_when_added(tmp_path: Path) -> None:
    trust, other = Trust(tmp_path), new_key().public
    with pytest.raises(FormatError, match=f"{other.identity}, which is not trusted"):
        trust.key_of(other.number)
    assert trust.add(other).parent == tmp_path / "trusted"
    assert trust.key_of(other.number) == other


def test_a_locked_own_key_asks_for_another_way(tmp_path: Path) -> None:
    trust = Trust(tmp_path)
    trust.own_file.write_bytes(write_secret(new_key(), "x"))
    with pytest.raises(UsageError, match="locked"):
        trust.own_key()


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HostError, match="cannot write"):
        Trust(tmp_path / "file").own_key()


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert configuration() == tmp_path / "netsonde"
    assert Trust().own_file == tmp_path / "netsonde" / "image.key"
