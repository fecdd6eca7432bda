"""`netsonde lab run`, `replay`, `export`: the same run again, by what the first one printed."""

import json
import re
from pathlib import Path

import pytest

from netsonde.cli._main import run


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.splitlines()[-1]


def test_run_shows_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "run", "invisible-php"]) == 0
    out = capsys.readouterr().out
    assert "plain traceroute" in out
    assert re.search(r"H3 .* 5\.1\.4\.2 .* BRPR step 1", out)
    assert "the original TNT: FRPLA 3 triggers" in out
    assert re.search(r"^seed 42, digest [0-9a-f]{16}; again: netsonde lab replay ", out, re.M)


@pytest.mark.parametrize(
    "arguments",
    [
        ["lossy"],
        ["lossy", "--seed", "7"],
        ["lossy", "-6"],
        ["lossy", "--seed", "7", "--target", "ce2"],
        ["lossy", "--target", "2a00:5:2::1"],
    ],
)
def test_replay_repeats_the_run(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert run(["lab", "run", *arguments]) == 0
    line = last_line(capsys)
    again = line.partition("again: netsonde ")[2].split()
    assert run(again) == 0
    assert last_line(capsys) == line


def test_the_run_of_a_file_is_repeated_by_its_path(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(
        'chain = ["a", "b", "h"]\n[node.h]\nrole = "host"\n[attach.vp]\nnode = "a"\n'
    )
    assert run(["lab", "run", "mine.toml"]) == 0
    line = last_line(capsys)
    assert "lab replay mine.toml:42" in line
    assert run(line.partition("again: netsonde ")[2].split()) == 0
    assert last_line(capsys) == line


def test_a_bare_seed_needs_its_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "replay", "7"]) == 2
    assert "hint: add --scenario NAME" in capsys.readouterr().err
    assert run(["lab", "replay", "7", "--scenario", "lossy"]) == 0
    assert last_line(capsys).startswith("seed 7, ")


def test_verbose_tells_the_attempts(capsys: pytest.CaptureFixture[str]) -> None:
    run(["lab", "run", "invisible-php"])
    short = capsys.readouterr().out
    run(["lab", "run", "invisible-php", "-v"])
    assert len(capsys.readouterr().out) > len(short)


def test_json_is_the_events_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "run", "invisible-php", "--json"]) == 0
    captured = capsys.readouterr()
    events = [json.loads(line) for line in captured.out.splitlines()]
    assert events[0]["type"] == "start"
    assert events[-1]["type"] == "done"
    assert "tnt" in {event["type"] for event in events}
    assert "digest" in captured.err


def test_the_scenario_s_options_apply(capsys: pytest.CaptureFixture[str]) -> None:
    run(["lab", "run", "invisible-php-no-min"])
    assert "hidden" not in capsys.readouterr().out
    run(["lab", "run", "invisible-php-no-min-brute"])
    assert "hidden" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing-like-it"], "there is no scenario nothing-like-it"),
        (["plain", "--target", "nobody"], "the lab has no node or address nobody"),
        (["private-core", "-6"], "no target of private-core has an IPv6 address"),
        (["plain", "--attach", "vq"], "there is no attachment vq"),
        (["plain", "--seed", "x"], "'x' is not a valid integer range"),
    ],
)
def test_refusals(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert run(["lab", "run", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_export_writes_pcapng(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    assert run(["lab", "export", "plain", "p1-p2", "-o", str(path)]) == 0
    assert path.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"
    one = path.stat().st_size
    assert run(["lab", "export", "plain", "all", "-o", str(path)]) == 0
    assert path.stat().st_size > one
    assert run(["lab", "export", "plain", "p1-p9", "-o", str(path)]) == 2
    missing = tmp_path / "no" / "x"
    assert run(["lab", "export", "plain", "vp", "-o", str(missing)]) == 4
    assert "cannot write" in capsys.readouterr().err
