"""`netsonde lab list`, `show`, `profiles`: what they print, and how they refuse."""

import json
from pathlib import Path

import pytest

from netsonde.cli._main import run
from netsonde.lab import profiles, scenario_names


def test_list_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "list"]) == 0
    found = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line[0] != " "}
    assert found == set(scenario_names())


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "list", "invisible-php-brpr", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    summary = json.loads(line)
    assert summary["name"] == "invisible-php-brpr"
    assert "invisible-php" in summary["aliases"]
    assert summary["targets"] == ["5.2.0.1", "2a00:5:2::1"]


def test_list_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "list", "qqq"]) == 2
    assert "error: no scenario's name holds qqq" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["explicit-php", "te-tunnel", "route-change", "nat", "lossy"])
def test_show_draws(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run(["lab", "show", name]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{name}: ")
    assert "ce1 ─ pe1" in out
    assert "5.1.1.2" in out


def test_show_tells_what_happens(capsys: pytest.CaptureFixture[str]) -> None:
    run(["lab", "show", "route-change"])
    assert "fault at 0.035 s" in capsys.readouterr().out
    run(["lab", "show", "forged-replies"])
    assert "mutator on pe1-p1: forge" in capsys.readouterr().out
    run(["lab", "show", "te-tunnel"])
    assert "lsp te: pe1 p1 p2 p3 pe2" in capsys.readouterr().out


def test_a_broken_file_is_one_message(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('[node.a]\nprofile = "cisco"\n')
    assert run(["lab", "show", str(path)]) == 5
    err = capsys.readouterr().err
    assert err.splitlines()[0].startswith(f"error: {path}: node.a.profile: expected one of")
    assert "hint: did you mean cisco-ios?" in err


def test_profiles(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "profiles"]) == 0
    assert all(name in capsys.readouterr().out for name in [*profiles()][:1])
    assert run(["lab", "profiles", "junos"]) == 0
    out = capsys.readouterr().out
    assert "er_ttl" in out
    assert "11,228" in out
    assert run(["lab", "profiles", "jnuos"]) == 2
