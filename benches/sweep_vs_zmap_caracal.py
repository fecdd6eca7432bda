"""Ping sweeps by netsonde, zmap, scamper and pycaracal, and the ceiling of a bare sender.

All send on the same veth pair to the same kernel, one after the other in rounds, each round begun
by another, so that they see the same load; a counter of the interface says how fast, each program's
own output how many answered. Printed are medians, and of each ratio the median of those within one
round; all figures go to target/sweep.json. Needs root. Programs that are not installed are left
out, and said to be: zmap and scamper are in Debian, pycaracal is taken from the environment
target/bench, which `make bench` makes of requirements-bench.txt.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.system.veth import ANSWERING, World

ROUNDS = int(os.environ.get("NETSONDE_ROUNDS", "5"))
TARGETS = 65_536
SILENT = "10.32.0.0/14"
ROOT = Path(__file__).parents[1]
CARACAL = ROOT / "target/bench/bin/python"
SWEEP = ROOT / "benches/packets/sweep.py"
#: Packets per second: more than any of them reaches; scamper allows no more than this.
RATE, SILENT_RATE, SCAMPER_RATE = 1_000_000, 4_000_000, 10_000
#: Pings that scamper has under way: each takes it a second, answered or not.
SCAMPER_WINDOW = 20_000


class Run(NamedTuple):
    """One run of one program."""

    pps: float
    sent: int
    answered: int


class Round(NamedTuple):
    """One run of each program, and the load average after it."""

    runs: dict[str, Run]
    load: float


def main() -> int:
    """Measure, print, write the figures."""
    if os.geteuid() != 0:
        print("skipped: needs root")
        return 0
    with World() as world, tempfile.TemporaryDirectory() as place:
        programs = _programs(world, Path(place))
        rounds = []
        for number in range(ROUNDS):
            found = _round(programs, number)
            rounds.append(Round(found, os.getloadavg()[0]))
    _print(rounds)
    figures = [
        {"load": one.load, "runs": {name: run._asdict() for name, run in one.runs.items()}}
        for one in rounds
    ]
    (ROOT / "target/sweep.json").write_text(json.dumps(figures, indent=1) + "\n")
    return 0


def _round(programs: dict[str, Callable[[], Run]], number: int) -> dict[str, Run]:
    """Run each program once; one that fails has no figure in this round."""
    names = list(programs)
    begin = number * len(names) // ROUNDS
    found = {}
    for name in names[begin:] + names[:begin]:
        try:
            found[name] = programs[name]()
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            print(f"round {number + 1}: {name} failed: {error}")
    return found


def _programs(world: World, place: Path) -> dict[str, Callable[[], Run]]:
    ceiling = _ceiling()
    interface = str(world.interface())
    bare = (ceiling, interface, world.hardware, world.gateway, world.source)

    def netsonde(prefix: str, *options: str, rate: int = RATE) -> Run:
        rows = f"--rows={place / 'rows'}"
        command = (sys.executable, str(SWEEP), prefix, f"--rate={rate}", rows, *options)
        seen, printed = world.run(*command)
        counters = json.loads(printed)["counters"]
        return Run(seen.pps, counters["sent"], counters["received"])

    def sender(prefix: str, count: int, *bypass: str) -> Run:
        seen, _ = world.run(*bare, prefix.partition("/")[0], str(count), *bypass)
        return Run(seen.pps, seen.packets, 0)

    def zmap() -> Run:
        out = place / "zmap.csv"
        options = f"-q -i wire -G {world.gateway} -S {world.source} -M icmp_echoscan -T 1 -c 2"
        command = ("zmap", *options.split(), f"-r{RATE}", "-b/dev/null", f"-o{out}", ANSWERING)
        seen, _ = world.run(*command)
        return Run(seen.pps, seen.packets, len(set(out.read_text().split())))

    def scamper() -> Run:
        targets, out = place / "targets", place / "scamper.warts"
        number = range(TARGETS)
        targets.write_text("".join(f"10.16.{n >> 8}.{n & 255}\n" for n in number))
        limits = f"-p {SCAMPER_RATE} -w {SCAMPER_WINDOW}".split()
        files = ("-O", "warts", "-o", str(out), "-f", str(targets))
        seen, _ = world.run("scamper", *limits, "-c", "ping -c 1", *files)
        told = subprocess.run(["sc_warts2json", out], check=True, capture_output=True, text=True)
        answered = sum('"replies":1' in line for line in told.stdout.splitlines())
        return Run(seen.pps, seen.packets, answered)

    def caracal() -> Run:
        program = str(ROOT / "benches/packets/caracal.py")
        command = (str(CARACAL), program, ANSWERING, str(RATE), str(place))
        seen, printed = world.run(*command)
        return Run(seen.pps, seen.packets, int(printed.split()[-1]))

    silent = ("--timeout-ms=100", f"--in-flight={1 << 20}")
    programs: dict[str, Callable[[], Run]] = {
        "netsonde": lambda: netsonde(ANSWERING),
        "netsonde, raw sockets": lambda: netsonde(ANSWERING, "--link=raw"),
        "zmap": zmap,
        "pycaracal": caracal,
        "scamper": scamper,
        "bare sender": lambda: sender(ANSWERING, TARGETS),
        "netsonde into silence": lambda: netsonde(SILENT, *silent, rate=SILENT_RATE),
        "bare sender into silence": lambda: sender(SILENT, 4 * TARGETS),
        "bare sender into silence, without queue": lambda: sender(SILENT, 4 * TARGETS, "bypass"),
    }
    return _installed(programs)


def _installed(programs: dict[str, Callable[[], Run]]) -> dict[str, Callable[[], Run]]:
    """Return the programs without those that are not there; say which."""
    needs = {
        "zmap": shutil.which("zmap"),
        "scamper": shutil.which("scamper") and shutil.which("sc_warts2json"),
        "pycaracal": CARACAL.exists(),
    }
    missing = {name for name, there in needs.items() if not there}
    for name in missing:
        print(f"without {name}, which is not installed")
    return {name: run for name, run in programs.items() if name not in missing}


def _ceiling() -> str:
    build = "cargo build --quiet --locked --release -p netsonde-link --example ceiling"
    subprocess.run(build.split(), cwd=ROOT, check=True)
    return str(ROOT / "target/release/examples/ceiling")


def _print(rounds: list[Round]) -> None:
    load = statistics.median(one.load for one in rounds)
    print(f"sweeps of {TARGETS} targets, medians of {len(rounds)} rounds")
    print(f"load, median  {load:.1f} tasks")
    names = dict.fromkeys(name for one in rounds for name in one.runs)
    for name in names:
        runs = [one.runs[name] for one in rounds if name in one.runs]
        print(f"{name}  {statistics.median(run.pps for run in runs) / 1e3:.1f} kpps")
        if any(run.answered for run in runs):
            least = min(run.answered for run in runs) / TARGETS * 100
            print(f"{name}: answered, least  {least:.2f} %")
    for name, other in (
        ("netsonde", "zmap"),
        ("netsonde", "pycaracal"),
        ("netsonde", "scamper"),
        ("netsonde into silence", "bare sender into silence"),
    ):
        ratios = [
            one.runs[name].pps / one.runs[other].pps
            for one in rounds
            if name in one.runs and other in one.runs
        ]
        if ratios:
            print(f"{name} to {other}  {statistics.median(ratios):.2f} times")


if __name__ == "__main__":
    sys.exit(main())
