"""Ping sweeps by netsonde, zmap, scamper and pycaracal, and the ceiling of a bare sender.

All send on the same veth pair to the same kernel, one after the other in rounds, so that they see
the same load; a counter of the interface says how fast, each program's own output how many
answered. Medians and ratios are printed; all figures go to target/sweep.json. Needs root. Programs
that are not installed are left out: zmap and scamper are in Debian, pycaracal is taken from the
environment target/bench, which `make bench` makes of requirements-bench.txt.
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
#: Packets per second: more than any of them reaches, and for those that then lose replies, less.
RATE, ZMAP_RATE, SCAMPER_RATE = 1_000_000, 1_000_000, 10_000


class Run(NamedTuple):
    """One run of one program."""

    pps: float
    sent: int
    answered: int


def main() -> int:
    """Measure, print, write the figures."""
    if os.geteuid() != 0:
        print("skipped: needs root")
        return 0
    with World() as world, tempfile.TemporaryDirectory() as place:
        programs = _programs(world, Path(place))
        found: dict[str, list[Run]] = {name: [] for name in programs}
        loads = []
        for _ in range(ROUNDS):
            for name, run in programs.items():
                found[name].append(run())
            loads.append(os.getloadavg()[0])
    _print(found, loads)
    file = ROOT / "target/sweep.json"
    figures = {name: [run._asdict() for run in runs] for name, runs in found.items()}
    file.write_text(json.dumps({"loads": loads, "runs": figures}, indent=1) + "\n")
    return 0


def _programs(world: World, place: Path) -> dict[str, Callable[[], Run]]:
    ceiling = _ceiling()
    interface = str(world.interface())
    bare = (ceiling, interface, world.hardware, world.gateway, world.source)

    def netsonde(prefix: str, *options: str) -> Run:
        rows = f"--rows={place / 'rows'}"
        command = (sys.executable, str(SWEEP), prefix, f"--rate={RATE}", rows, *options)
        seen, printed = world.run(*command)
        counters = json.loads(printed)["counters"]
        return Run(seen.pps, counters["sent"], counters["received"])

    def sender(prefix: str, count: int, *bypass: str) -> Run:
        seen, _ = world.run(*bare, prefix.partition("/")[0], str(count), *bypass)
        return Run(seen.pps, seen.packets, 0)

    def zmap() -> Run:
        out = place / "zmap.csv"
        options = f"-q -i wire -G {world.gateway} -S {world.source} -M icmp_echoscan -T 1 -c 2"
        command = ("zmap", *options.split(), f"-r{ZMAP_RATE}", "-b/dev/null", f"-o{out}", ANSWERING)
        seen, _ = world.run(*command)
        return Run(seen.pps, seen.packets, len(set(out.read_text().split())))

    def scamper() -> Run:
        targets = place / "targets"
        number = range(TARGETS)
        targets.write_text("".join(f"10.16.{n >> 8}.{n & 255}\n" for n in number))
        command = f"scamper -p {SCAMPER_RATE} -w 2000 -c".split()
        seen, printed = world.run(*command, "ping -c 1", "-O", "json", "-f", str(targets))
        answered = sum('"replies":1' in line for line in printed.splitlines())
        return Run(seen.pps, seen.packets, answered)

    def caracal() -> Run:
        program = str(ROOT / "benches/packets/caracal.py")
        command = (str(CARACAL), program, ANSWERING, str(RATE), str(place))
        seen, printed = world.run(*command)
        return Run(seen.pps, seen.packets, int(printed.split()[-1]))

    def raw() -> Run:
        return netsonde(ANSWERING, "--link=raw")

    silent = ("--timeout-ms=100", f"--in-flight={1 << 20}")
    programs: dict[str, Callable[[], Run]] = {
        "netsonde": lambda: netsonde(ANSWERING),
        "netsonde, raw sockets": raw,
        "zmap": zmap,
        "pycaracal": caracal,
        "scamper": scamper,
        "bare sender": lambda: sender(ANSWERING, TARGETS),
        "netsonde into silence": lambda: netsonde(SILENT, *silent),
        "bare sender into silence": lambda: sender(SILENT, 4 * TARGETS),
        "bare sender into silence, without queue": lambda: sender(SILENT, 4 * TARGETS, "bypass"),
    }
    if not shutil.which("zmap"):
        del programs["zmap"]
    if not shutil.which("scamper"):
        del programs["scamper"]
    if not CARACAL.exists():
        del programs["pycaracal"]
    return programs


def _ceiling() -> str:
    build = "cargo build --quiet --locked --profile develop -p netsonde-link --example ceiling"
    subprocess.run(build.split(), cwd=ROOT, check=True)
    return str(ROOT / "target/develop/examples/ceiling")


def _print(found: dict[str, list[Run]], loads: list[float]) -> None:
    load = statistics.median(loads)
    print(f"sweeps of {TARGETS} targets, medians of {ROUNDS}; load {load:.1f}")
    medians = {name: statistics.median(run.pps for run in runs) for name, runs in found.items()}
    for name, runs in found.items():
        print(f"{name}  {medians[name] / 1e3:.1f} kpps")
        if any(run.answered for run in runs):
            share = statistics.median(run.answered / TARGETS for run in runs)
            print(f"{name}: answered  {share * 100:.2f} %")
    # No ratio to scamper: called so, it stays below its own limit.
    for name in ("zmap", "pycaracal"):
        if name in medians:
            print(f"netsonde to {name}  {medians['netsonde'] / medians[name]:.2f} times")
    silent = medians["netsonde into silence"] / medians["bare sender into silence"]
    print(f"netsonde into silence to the bare sender  {silent:.2f} times")


if __name__ == "__main__":
    sys.exit(main())
