"""Measure speed and print two tables, figures and bars: `make bench`.

Each program below prints lines of the form `name  value unit`; everything else it says is shown as
it is. Figures of different runs compare only at the same load and on the same machine, so both are
printed with them. A bar is a figure that has to be reached beside a peer. All of it goes to
target/bench.json, too; programs that compare keep every round in a file of their own there.
"""

import argparse
import json
import operator
import os
import platform
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]

PROGRAMS: dict[str, Sequence[str]] = {
    "wire": ["cargo", "bench", "--quiet", "--locked", "-p", "netsonde-wire"],
    "engine": ["cargo", "bench", "--quiet", "--locked", "-p", "netsonde-probe"],
    "lab": ["cargo", "bench", "--quiet", "--locked", "-p", "netsonde-lab"],
    "columns": ["cargo", "bench", "--quiet", "--locked", "-p", "netsonde-columns"],
    "files": [sys.executable, "benches/files.py"],
    "sweep": [sys.executable, "benches/sweep_vs_zmap_caracal.py"],
    "rtt": [sys.executable, "benches/rtt_vs_capture.py"],
    "store": [sys.executable, "benches/store.py"],
    "memory": [sys.executable, "benches/memory.py"],
    "tnt": [sys.executable, "benches/tnt_tunnels.py"],
    "trace": [sys.executable, "benches/trace_vs_scamper.py"],
    "paths": [sys.executable, "benches/paths_vs_scamper.py"],
}

_LINE = re.compile(r"(?P<name>\S.*?)\s{2,}(?P<value>\d[\d_,]*(?:\.\d+)?)\s+(?P<unit>[^\d\s]\S*)")


#: Longest run of one program, in seconds, its build apart; and how long it may take to clean up.
PROGRAM_S, CLEAN_S = 240, 20


class Figure(NamedTuple):
    """One measured number."""

    program: str
    name: str
    value: str
    unit: str
    load: float
    """Load average when the program had ended."""


class Bar(NamedTuple):
    """A figure that has to be reached."""

    name: str
    program: str
    figure: str
    reaches: Callable[[float, float], bool]
    wanted: float


BARS = (
    Bar("sweep: replies, % of targets", "sweep", "netsonde: answered, least", operator.ge, 100),
    Bar("sweep, times pycaracal's rate", "sweep", "netsonde to pycaracal", operator.ge, 1.2),
    Bar("sweep, times zmap's rate", "sweep", "netsonde to zmap", operator.ge, 1.0),
    Bar(
        "probes into silence, times a bare sender's",
        "sweep",
        "netsonde into silence to bare sender into silence",
        operator.ge,
        0.8,
    ),
    Bar("paths, times scamper's rate", "paths", "trace: rate to scamper's traces", operator.ge, 5),
    Bar("round trips: error, ms, 99 %", "rtt", "error of round trips, 99 %", operator.lt, 0.1),
)


def figures(program: str, output: str) -> list[Figure]:
    """Return the figures among the lines that a program printed."""
    matches = map(_LINE.fullmatch, map(str.strip, output.splitlines()))
    load = os.getloadavg()[0]
    return [Figure(program, m["name"], m["value"], m["unit"], load) for m in matches if m]


def main() -> int:
    """Run all programs, or those named; the exit status counts those that failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("programs", nargs="*", choices=[[], *PROGRAMS], help="all unless named")
    chosen = parser.parse_args().programs or list(PROGRAMS)
    console = Console(highlight=False)
    found: list[Figure] = []
    failed = 0
    for program in chosen:
        console.rule(program)
        began = time.monotonic()
        status, printed = _run(PROGRAMS[program])
        print(printed)
        print(f"{program}: status {status} after {time.monotonic() - began:.0f} s")
        failed += status != 0
        found += figures(program, printed)
        # After each: a run that is cut short keeps what it measured.
        _keep(found)
    console.print(_table(found))
    console.print(_bars(found))
    return failed


def _run(command: Sequence[str]) -> tuple[int, str]:
    """Run a program; one that takes too long is interrupted, and may clean up."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        try:
            printed, _ = running.communicate(timeout=PROGRAM_S)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGINT)
            try:
                printed, _ = running.communicate(timeout=CLEAN_S)
            except subprocess.TimeoutExpired:
                running.kill()
                printed, _ = running.communicate()
    return running.returncode, printed


def _keep(found: list[Figure]) -> None:
    kept = {
        "commit": _commit(),
        "processor": _processor(),
        "figures": [figure._asdict() for figure in found],
        "bars": [
            {"bar": bar.name, "wanted": bar.wanted, "measured": measured, "load": load}
            for bar, measured, load in _measured(found)
        ],
    }
    (ROOT / "target").mkdir(exist_ok=True)
    (ROOT / "target/bench.json").write_text(json.dumps(kept, indent=1) + "\n")


def _measured(found: list[Figure]) -> list[tuple[Bar, float, float]]:
    """Return the bars whose figure was measured, with it and its load."""
    return [
        (bar, float(figure.value.replace("_", "").replace(",", "")), figure.load)
        for bar in BARS
        for figure in found
        if (figure.program, figure.name) == (bar.program, bar.figure)
    ]


def _bars(found: list[Figure]) -> Table:
    table = Table(title="bars")
    for heading in ("bar", "wanted", "measured", "reached", "command", "load"):
        table.add_column(heading)
    for bar, measured, load in _measured(found):
        sign = ">=" if bar.reaches is operator.ge else "<"
        reached = "yes" if bar.reaches(measured, bar.wanted) else "no"
        wanted, program = f"{sign} {bar.wanted:g}", Path(PROGRAMS[bar.program][1]).name
        table.add_row(bar.name, wanted, f"{measured:g}", reached, program, f"{load:.1f}")
    return table


def _table(found: list[Figure]) -> Table:
    table = Table(title=f"commit {_commit()}, {_processor()}")
    for heading in ("program", "figure"):
        table.add_column(heading)
    table.add_column("value", justify="right")
    for heading in ("unit", "load"):
        table.add_column(heading)
    for figure in found:
        table.add_row(*figure[:4], f"{figure.load:.1f}")
    return table


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()


def _processor() -> str:
    """Return the processor's name and how many there are."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    named = re.search(r"model name\s*: (.*)", text)
    return f"{os.cpu_count()} x {named[1] if named else platform.machine()}"


if __name__ == "__main__":
    sys.exit(main())
