"""Measure speed and print one table: `make bench`.

Each program below prints lines of the form `name  value unit`; everything else it says is shown as
it is. Figures of different runs compare only at the same load and on the same machine, so both are
printed with them.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
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


class Figure(NamedTuple):
    """One measured number."""

    program: str
    name: str
    value: str
    unit: str


def figures(program: str, output: str) -> list[Figure]:
    """Return the figures among the lines that a program printed."""
    matches = map(_LINE.fullmatch, map(str.strip, output.splitlines()))
    return [Figure(program, m["name"], m["value"], m["unit"]) for m in matches if m]


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
        result = subprocess.run(
            PROGRAMS[program], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
        )
        print(result.stdout)
        failed += result.returncode != 0
        found += figures(program, result.stdout)
    console.print(_table(found))
    return failed


def _table(found: list[Figure]) -> Table:
    load = " ".join(f"{average:.1f}" for average in os.getloadavg())
    table = Table(title=f"commit {_commit()}, {_processor()}, load {load}")
    for heading in ("program", "figure"):
        table.add_column(heading)
    table.add_column("value", justify="right")
    table.add_column("unit")
    for figure in found:
        table.add_row(*figure)
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
