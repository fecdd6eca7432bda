"""`netsonde bench`, on a small real run."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netsonde.bench import Folder
from netsonde.cli._main import run
from tests.bench.rows import WHOLE

SMALL = ["--repeat", "2", "--experiment", "time", "--experiment", "size"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))


def test_a_small_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    command = ["bench", "runtimes", "-o", str(out), *SMALL, "--runtime", "process"]
    assert run([*command, "--json"]) == 0
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.out.splitlines()]
    numbers = {(one["experiment"], one["metric"]): one for one in lines if one["type"] == "number"}
    assert numbers["time", "first packet"]["repetitions"] == 2
    assert numbers["size", "on disk"]["repetitions"] == 1
    assert sum(one["type"] == "bar" for one in lines) == 6
    # No progress where nobody looks; what is missing of Matplotlib may be said.
    assert "repetition" not in captured.err
    rows = Folder(out).rows()
    assert {row.runtime for row in rows} == {"process"}
    assert all(row.image.startswith("sha256:") for row in rows)
    assert "process" in (out / "index.html").read_text()

    assert run(command) == 4, "it has results already"
    assert run([*command[:4], "--resume", *SMALL[:1], "3", *SMALL[2:], *command[-2:]]) == 0
    assert len(Folder(out).finished()) == 4


def test_results_are_shown_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is an extra")
    from netsonde.bench._rows import write_parquet

    write_parquet(WHOLE, tmp_path / "results.parquet")
    page = tmp_path / "page.md"
    page.write_text("# A\n\n<!-- figures: begin -->\n<!-- figures: end -->\n")
    assert run(["bench", "show", str(tmp_path), "--page", str(page)]) == 0
    told = capsys.readouterr().out
    assert "reached      process: start to first packet: 1.5 ms (limit 2 ms)\n" in told
    assert not any("  (" in line or " )" in line for line in told.splitlines()[-6:])
    assert "![time](page/time.png)" in page.read_text()
    assert (tmp_path / "page/time.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "time.png").exists()
    assert "unikernel" in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runtimes", "-o", "x", "--runtime", "vagrant"], "there is no runtime vagrant"),
        (["runtimes", "-o", "x", "--experiment", "luck"], "there is no experiment luck"),
    ],
)
def test_unknown_names(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_without_results(tmp_path: Path) -> None:
    assert run(["bench", "show", str(tmp_path)]) == 5


def test_ended_it_keeps_what_was_finished(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["bench", "runtimes", "-o", str(out), "--runtime", "process"]
    program = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from netsonde.cli import main; main()",
            *arguments,
            "--experiment",
            "time",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ,
        start_new_session=True,
    )
    journal = out / "repetitions.jsonl"
    for _ in range(1_000):
        if journal.exists() and journal.stat().st_size:
            break
        with pytest.raises(subprocess.TimeoutExpired):
            program.wait(0.05)
    program.send_signal(signal.SIGTERM)
    _, complaint = program.communicate(timeout=60)
    assert program.returncode == 130, complaint.decode()
    assert len(Folder(out).rows()) >= 10
