"""Do-not-probe lists: prefixes, files, and the file that always holds."""

from pathlib import Path

import pytest

from netsonde.measure._exclude import default_file, exclusions
from netsonde.model import HostError, UsageError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def test_prefixes_addresses_and_files(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_bytes(b"\xef\xbb\xbf# asked us by mail\n5.9.0.0/16\n\n2a00::1 # one host\r\n")
    expected = ("5.2.0.1/32", "5.9.0.0/16", "2a00::1/128", "::/0")
    assert exclusions(["5.2.0.1", str(file), "::/0"], default=False) == expected
    assert exclusions(["5.2.0.1", file, "::/0"], default=False) == expected


def test_the_file_of_this_host_always_holds(home: Path) -> None:
    assert exclusions([], default=True) == ()
    assert default_file() == home / "netsonde" / "exclude"
    default_file().parent.mkdir()
    default_file().write_text("5.7.0.0/16\n")
    assert exclusions(["5.2.0.1"], default=True) == ("5.2.0.1/32", "5.7.0.0/16")
    assert exclusions(["5.2.0.1"], default=False) == ("5.2.0.1/32",)


def test_without_a_setting_the_file_is_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", "/nowhere")
    assert default_file() == Path("/nowhere/.config/netsonde/exclude")


@pytest.mark.parametrize("line", ["5.9.0.1/16", "5.9.0.0/33", "example.net", "5.9.0.0/16 all"])
def test_one_bad_line_refuses_the_whole(tmp_path: Path, line: str) -> None:
    file = tmp_path / "list"
    file.write_text(f"5.9.0.0/16\n{line}\n")
    with pytest.raises(UsageError, match=f"{file}:2: expected .*, found") as caught:
        exclusions([file], default=False)
    assert "one prefix or address a line" in caught.value.hint


def test_neither_prefix_nor_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no bits beyond the length, such as 5.9.0.0/16"):
        exclusions(["5.9.0.1/16"], default=False)
    with pytest.raises(UsageError, match="expected a file, or"):
        exclusions([str(tmp_path / "none")], default=False)
    with pytest.raises(HostError, match=r"cannot read .*: Is a directory"):
        exclusions([tmp_path], default=False)
