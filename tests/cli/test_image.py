"""`netsonde image`, as people type it."""

import json
from pathlib import Path

import pytest

from netsonde.cli._main import run
from netsonde.image import new_key, write_public, write_secret
from tests.image.samples import elf


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "elf").write_bytes(elf(bytes(5_000)))
    return tmp_path


def test_from_building_to_verifying(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["image", "list"]) == 0
    assert "there is none" in capsys.readouterr().out
    assert run(["image", "build", "--elf", str(home / "elf")]) == 0
    assert "netsonde:1 sha256:" in capsys.readouterr().out
    assert run(["image", "verify"]) == 0
    assert "2 pages" in capsys.readouterr().out
    assert run(["image", "list"]) == 0
    assert "may start" in capsys.readouterr().out
    assert run(["image", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "netsonde"
    assert run(["image", "inspect", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["PVH_entry"] == "0x101234"
    assert shown["linked"] == "statically"
    assert run(["image", "inspect", "--elf", str(home / "elf")]) == 0
    assert "PVH entry    0x101234" in capsys.readouterr().out


def test_a_damaged_image_is_listed_and_refused(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["image", "build", "--elf", str(home / "elf")])
    (blob,) = (home / "data" / "netsonde" / "images" / "blobs" / "sha256").iterdir()
    blob.write_bytes(elf(b"\1" + bytes(4_999)))
    capsys.readouterr()
    assert run(["image", "list"]) == 0
    assert "page 0 of the image is not what was signed" in capsys.readouterr().out
    assert run(["image", "verify"]) == 5
    assert "error: page 0 of the image" in capsys.readouterr().err


def test_keys(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = new_key()
    (home / "other.key").write_bytes(write_secret(other))
    (home / "other.pub").write_bytes(write_public(other.public))
    (home / "locked.key").write_bytes(write_secret(other, "x"))
    build = ["image", "build", "--elf", str(home / "elf"), "--key", str(home / "other.key")]
    assert run(build) == 5
    assert "not trusted" in capsys.readouterr().err
    assert run(["image", "trust", str(home / "other.pub")]) == 0
    assert run(build) == 0
    assert run(["image", "verify", "--public-key", str(home / "other.pub")]) == 0
    assert run(["image", "sign"]) == 0
    assert run(["image", "verify", "--public-key", str(home / "other.pub")]) == 5
    assert run(["image", "key", "-o", str(home / "own.pub")]) == 0
    assert run(["image", "verify", "--public-key", str(home / "own.pub")]) == 0
    capsys.readouterr()
    assert run(["image", "sign", "--key", str(home / "locked.key")]) == 2
    assert "locked by a password" in capsys.readouterr().err
    assert run(["image", "trust", str(home / "none")]) == 4


def test_out_and_in_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["image", "build", "--elf", str(home / "elf"), "--name", "mine"])
    assert run(["image", "export", "mine", str(home / "mine.tar")]) == 0
    assert run(["image", "export", "mine", str(home / "mine")]) == 0
    assert "mine:1 sha256:" in capsys.readouterr().out
    assert run(["image", "import", str(home / "mine")]) == 0
    assert run(["image", "export", "mine", str(home / "mine")]) == 4
    assert run(["image", "import", str(home / "elf")]) == 4
    assert run(["image", "build", "--elf", str(home / "none")]) == 4
