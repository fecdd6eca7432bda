"""Whose signatures count."""

from pathlib import Path

import pytest

from netsonde.image import Trust, new_key, write_secret
from netsonde.image._trust import configuration
from netsonde.model import FormatError, HostError, UsageError


def test_the_own_key_is_made_once_kept_secret_and_trusted(tmp_path: Path) -> None:
    trust = Trust(tmp_path / "new")
    key = trust.own_key()
    assert trust.own_key() == key
    assert trust.own_file.stat().st_mode & 0o777 == 0o600
    assert trust.keys() == {key.public.number: key.public}


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
