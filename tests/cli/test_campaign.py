"""`netsonde campaign`, in virtual time."""

import json
from pathlib import Path

import pytest

from netsonde.campaign import Progress
from netsonde.cli._campaign import _span, _words
from tests.cli.commands import netsonde

PLAN = """\
name = "try"
kind = "trace"
[targets]
list = ["5.2.0.0/30", "5.1.6.2"]
[exclude]
list = ["5.2.0.3"]
[vantage]
lab = "explicit-php"
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "survey.toml"
    path.write_text(PLAN)
    return str(path)


def test_run_show_and_resume(file: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    ran = netsonde("campaign", "run", file, "-o", out)
    assert ran.status == 0
    assert ran.out.startswith(f"{out}: 4 targets done, ")
    assert ran.out.endswith(", 1 excluded\n")
    assert ran.err == ""
    shown = json.loads(netsonde("campaign", "show", out, "--json").out)
    assert (shown["name"], shown["finished"], shown["rows"]["traces"]) == ("try", 4, 4)
    assert "finished: 4\n" in netsonde("campaign", "show", out).out
    assert netsonde("campaign", "run", file, "-o", out).status == 2
    again = netsonde("campaign", "run", file, "-o", out, "--resume")
    assert (again.status, "4 targets done, 0 probes sent" in again.out) == (0, True)


def test_json_lines(file: str, tmp_path: Path) -> None:
    ran = netsonde("campaign", "run", file, "-o", str(tmp_path / "out"), "--json")
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert [event["type"] for event in events] == ["campaign", "campaign-done"]
    assert events[-1]["is_complete"]
    assert events[-1]["refused"]["excluded"] == 1


def test_how_to_go_on_is_told(file: str, tmp_path: Path) -> None:
    Path(file).write_text(PLAN + "[limits]\nprobes_total = 9\n")
    out = str(tmp_path / "out")
    ran = netsonde("campaign", "run", file, "-o", out)
    assert f"to go on: netsonde campaign run {file} -o {out} --resume" in ran.err


def test_check_sends_nothing(file: str) -> None:
    ran = netsonde("campaign", "check", file)
    assert ran.status == 0
    assert ran.out.splitlines() == [
        "targets   4, host names not resolved: 0",
        "left out  1 excluded",
        "probes    384 at most",
        "duration  0 s to 4 s at 100 probes/s",
    ]
    assert json.loads(netsonde("campaign", "check", file, "--json").out)["targets"] == 4
    Path(file).write_text(PLAN.replace("5.1.6.2", "5.1.6.2/24"))
    ran = netsonde("campaign", "check", file)
    assert ran.status == 2
    assert "targets.list, item" in ran.err


def test_a_plan_is_shown_and_a_wrong_one_explained(file: str) -> None:
    assert json.loads(netsonde("campaign", "show", file, "--json").out)["kind"] == "trace"
    Path(file).write_text(PLAN + "[limits]\nrate_pps = 0\n")
    ran = netsonde("campaign", "check", file)
    assert ran.status == 2
    assert f"{file}:10: limits.rate_pps: expected a whole number >= 1" in ran.err


def test_progress_in_words() -> None:
    progress = Progress(targets=100, targets_done=7, rate_pps=99.6, answered=0.981, left_s=3_725)
    assert _words(progress) == "7 of 100 targets, 100 probes/s, 98% answered, 1 h 2 min left"
    assert _words(Progress()) == "0 of 0 targets, 0 probes/s, 0% answered"
    spans = {5.4: "5 s", 65: "1 min 5 s", 7_200: "2 h 0 min", 200_000: "2 days"}
    assert {seconds: _span(seconds) for seconds in spans} == spans
