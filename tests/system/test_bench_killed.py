"""Killed at any moment, a benchmark leaves no control group and no changed setting for long.

What it left is removed and put back by `netsonde runtime clean`, and by the next benchmark.
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from netsonde.bench._groups import ROOT
from netsonde.bench._ksm import FOLDER
from tests.system.killed import Runs

pytestmark = pytest.mark.root

#: Lines between two moments.
STEP = 4
#: What an experiment does with this host, without what it measures.
CHANGES = """
import signal
from netsonde.bench._groups import group
from netsonde.bench._ksm import merging
with group("killed", memory_bytes=64 << 20, cpu_share=0.5), merging():
    """


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Return what starts them."""
    if not (FOLDER / "run").exists():
        pytest.skip("needs a kernel with KSM")
    runs = Runs(tmp_path_factory.mktemp("killed"))
    try:
        yield runs
    finally:
        runs.clean(engines=False)
        runs.close()


def left() -> tuple[list[Path], list[str]]:
    """Return the control groups of benchmarks, and the settings."""
    groups = [*ROOT.glob("netsonde-killed-*"), *ROOT.glob("*/netsonde-killed-*")]
    settings = ("run", "pages_to_scan", "sleep_millisecs", "smart_scan")
    files = [FOLDER / name for name in settings]
    return groups, [file.read_text() for file in files if file.exists()]


def test_whatever_it_left_is_put_back(runs: Runs) -> None:
    before = left()
    assert before[0] == []
    at_once = f"{CHANGES}pass"
    whole = runs.ended(instead=at_once)
    assert whole.status == 0, whole.output
    assert left() == before
    found: set[str] = set()
    for line in range(1, whole.lines, STEP):
        ended = runs.ended(instead=at_once, line=line, number=signal.SIGKILL)
        assert ended.status == -signal.SIGKILL, line
        found |= {Path(name).name.partition("-")[0] for name in runs.clean(engines=False)}
        assert left() == before, line
        assert runs.notes() == [], line
    assert found >= {"netsonde", "run", "pages_to_scan"}, "no moment was one at which things stay"


def test_the_next_one_puts_things_in_order(runs: Runs, tmp_path: Path) -> None:
    before = left()
    then = f"""
import os, time
while open({str(FOLDER / "run")!r}).read() != "1\\n":
    time.sleep(0.01)
os.kill(pid, 9)
"""
    killed = runs.ended(instead=f"{CHANGES}signal.pause()", then=then)
    assert killed.status == -signal.SIGKILL
    groups, settings = left()
    assert groups != []
    assert settings != before[1]
    words = ("-o", str(tmp_path / "out"), "--runtime", "process", "--experiment", "size")
    done = runs.ended("bench", "runtimes", *words)
    assert done.status == 0, done.output
    assert left() == before
    assert runs.clean() == []
