"""Peak memory of a campaign of 1,048,576 targets: this process and the engine's, results stored.

Two namespaces and a veth pair; the far kernel answers half of the targets and drops the rest, so
that probes are in flight for as long as they can be. `ping` sends one probe a target; with
NETSONDE_KIND=trace each target is traced, one hop away. The peaks are those that the kernel keeps
(VmHWM), libraries and mapped files included, and their sum is an upper bound: the two need not
have been at their peaks together. All figures go to target/memory.json. Needs root.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from netsonde.store import Dataset
from tests.system.veth import World

ROOT = Path(__file__).parents[1]
NETSONDE = str(Path(sys.executable).with_name("netsonde"))
KIND = os.environ.get("NETSONDE_KIND", "ping")
#: Bits of the prefix that the targets are: 12 for 1,048,576 of them. Half of them answer.
BITS = int(os.environ.get("NETSONDE_PREFIX", "12"))
TARGETS = 1 << (32 - BITS)
RATE_PPS = int(os.environ.get("NETSONDE_RATE", "200000"))
#: Seconds between two looks at the processes: what the kernel keeps is a peak already.
LOOK_S = 0.25
TIMEOUT_S = 1_800

_CAMPAIGN = """
kind = "{kind}"
seed = 1
[targets]
list = ["10.32.0.0/{bits}"]
allow_special_purpose = true
[limits]
rate_pps = {rate}
in_flight_max = 131072
[options]
{options}
"""
_OPTIONS = {"ping": "count = 1", "trace": "attempts = 1\nwindow = 4\ngap_limit = 1"}


class Peaks(NamedTuple):
    """Most memory of the two processes, in kilobytes."""

    parent: int
    engine: int


def main() -> int:
    """Measure, print, write the figures."""
    if os.geteuid() != 0:
        print("skipped: needs root")
        return 0
    with World() as world, tempfile.TemporaryDirectory(dir=ROOT / "target") as place:
        world.answer(f"10.32.0.0/{BITS + 1}")
        file, directory = Path(place) / "memory.toml", Path(place) / "data"
        file.write_text(
            _CAMPAIGN.format(kind=KIND, bits=BITS, rate=RATE_PPS, options=_OPTIONS[KIND])
        )
        began = time.monotonic()
        peaks, done = _run(world.near(NETSONDE, "campaign", "run", str(file), "-o", str(directory)))
        seconds = time.monotonic() - began
        assert done["is_complete"], done
        table = "pings" if KIND == "ping" else "traces"
        with Dataset(directory).query() as query:
            ((stored,),) = query.ask(f"SELECT count(DISTINCT target) FROM {table}")
        size = sum(path.stat().st_size for path in directory.rglob("*.parquet"))
    assert stored == TARGETS, f"{stored} targets are stored"
    both = (peaks.parent + peaks.engine) / 1024
    print(f"{KIND} of {TARGETS} targets, load {os.getloadavg()[0]:.1f}")
    print(f"peak memory, campaign  {peaks.parent / 1024:.0f} MiB")
    print(f"peak memory, engine  {peaks.engine / 1024:.0f} MiB")
    print(f"peak memory, both  {both:.0f} MiB")
    print(f"targets stored  {TARGETS / seconds:,.0f} targets/s")
    print(f"on disk  {size / TARGETS:.1f} bytes/target")
    figures = {"kind": KIND, "targets": TARGETS, "load": os.getloadavg(), **peaks._asdict()}
    file = ROOT / f"target/memory-{KIND}.json"
    file.write_text(json.dumps({**figures, "seconds": seconds, "bytes": size}, indent=1) + "\n")
    return 0


def _run(command: list[str]) -> tuple[Peaks, dict[str, object]]:
    """Run a campaign, and return the peaks and its last word."""
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen([*command, "--json"], stdout=printed)
        peaks = Peaks(0, 0)
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            now = Peaks(_peak_kb(process.pid), sum(map(_peak_kb, _children(process.pid))))
            peaks = Peaks(max(peaks.parent, now.parent), max(peaks.engine, now.engine))
            try:
                status = process.wait(LOOK_S)
                break
            except subprocess.TimeoutExpired:
                if time.monotonic() > deadline:
                    process.kill()
        assert status == 0, f"the campaign ended with status {status}"
        printed.seek(0)
        return peaks, json.loads(printed.read().splitlines()[-1])


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _peak_kb(pid: int) -> int:
    """Return the most memory that a process had so far, in kilobytes; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


if __name__ == "__main__":
    sys.exit(main())
