"""Traces and tnt to 16,384 targets behind three Linux routers, beside scamper on the same path.

Every path has four hops. Rates count from the first probe of a campaign to its last result, and,
for both programs, over the whole life of the process, start-up and files included. scamper sends
at the most that it allows (10,000 packets a second in Debian's version of 2021). Complete means
that every hop of a trace replied. Medians of rounds in which the programs took turns; all figures
go to target/paths.json. Needs root.
"""

import ipaddress
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from netsonde.store import Dataset
from tests.system.chain import NETSONDE, Chain, _run

ROUNDS = int(os.environ.get("NETSONDE_ROUNDS", "5"))
PREFIX = "198.19.0.0/18"
TARGETS = 16_384
HOPS = 4
RATE_PPS = 200_000
SCAMPER_RATE_PPS = 10_000
ROOT = Path(__file__).parents[1]

_CAMPAIGN = """
name = "paths"
kind = "{kind}"
[targets]
list = ["{prefix}"]
allow_special_purpose = true
[limits]
rate_pps = {rate}
in_flight_max = 100000
[options]
window = 4
"""


class Round(NamedTuple):
    """One run of one program."""

    complete: int
    sent: int
    seconds: float
    """From the first probe to the last result."""
    whole_seconds: float
    """Of the process."""


def main() -> int:
    """Measure, print, write the figures."""
    if os.geteuid() != 0:
        print("skipped: needs root")
        return 0
    chain = Chain(HOPS - 1)
    rounds: dict[str, list[Round]] = {"trace": [], "tnt": [], "scamper": []}
    loads = []
    try:
        _build(chain)
        with tempfile.TemporaryDirectory() as place:
            for number in range(ROUNDS):
                for kind in ("trace", "tnt"):
                    rounds[kind].append(_netsonde(chain, Path(place), kind, number))
                rounds["scamper"].append(_scamper(chain, Path(place)))
                loads.append(os.getloadavg()[0])
    finally:
        chain.delete()
    _print(rounds, loads)
    figures = {name: [one._asdict() for one in found] for name, found in rounds.items()}
    (ROOT / "target").mkdir(exist_ok=True)
    text = json.dumps({"loads": loads, "rounds": figures}, indent=1)
    (ROOT / "target/paths.json").write_text(text + "\n")
    return 0


def _build(chain: Chain) -> None:
    chain.build()
    last = len(chain.nodes) - 1
    _run("ip", "-n", chain.nodes[last], "route", "add", "local", PREFIX, "dev", "lo")
    for index in range(last):
        gateway = f"198.18.{index}.2"
        _run("ip", "-n", chain.nodes[index], "route", "replace", PREFIX, "via", gateway)
    for index in range(1, last + 1):
        limits = ("net.ipv4.icmp_msgs_per_sec=10000000", "net.ipv4.icmp_msgs_burst=1000000")
        chain.run("sysctl", "-qw", *limits, index=index)


def _netsonde(chain: Chain, place: Path, kind: str, number: int) -> Round:
    file, directory = place / f"{kind}.toml", place / f"{kind}-{number}"
    file.write_text(_CAMPAIGN.format(kind=kind, prefix=PREFIX, rate=RATE_PPS))
    began = time.monotonic()
    command = (NETSONDE, "campaign", "run", str(file), "-o", str(directory), "--json")
    printed = chain.run(*command, timeout_s=300)
    whole_s = time.monotonic() - began
    done = json.loads(printed.splitlines()[-1])
    with Dataset(directory).query() as query:
        ((complete,),) = query.ask(_COMPLETE, [HOPS])
    return Round(complete, done["sent"], done["elapsed_s"], whole_s)


def _scamper(chain: Chain, place: Path) -> Round:
    targets, out = place / "targets.txt", place / "out.warts"
    targets.write_text("".join(f"{one}\n" for one in ipaddress.ip_network(PREFIX)))
    began = time.monotonic()
    chain.run(
        *("scamper", "-p", str(SCAMPER_RATE_PPS), "-c", "trace -P icmp-paris -w 1 -q 2"),
        *("-O", "warts", "-o", str(out), str(targets)),
        timeout_s=300,
    )
    seconds = time.monotonic() - began
    told = subprocess.run(["sc_warts2json", out], check=True, capture_output=True)
    traces = [json.loads(line) for line in told.stdout.splitlines() if b'"type":"trace"' in line]
    complete = sum(len({hop["probe_ttl"] for hop in one["hops"]}) == HOPS for one in traces)
    return Round(complete, sum(one["probe_count"] for one in traces), seconds, seconds)


def _print(rounds: dict[str, list[Round]], loads: list[float]) -> None:
    rates = {}
    for name, found in rounds.items():
        rates[name] = statistics.median(one.complete / one.seconds for one in found)
        whole = statistics.median(one.complete / one.whole_seconds for one in found)
        least = min(one.complete for one in found) / TARGETS * 100
        sent = statistics.median(one.sent for one in found) / TARGETS
        print(f"{name}: complete paths  {rates[name]:.0f} paths/s")
        print(f"{name}: the same, process and files included  {whole:.0f} paths/s")
        print(f"{name}: complete, least  {least:.2f} %")
        print(f"{name}: probes per path  {sent:.3f} probes")
    for name in ("trace", "tnt"):
        print(f"{name}: rate to scamper's traces  {rates[name] / rates['scamper']:.2f} times")
    print(f"load, median  {statistics.median(loads):.1f} tasks")


_COMPLETE = """
SELECT count(*) FROM (
    SELECT trace FROM hops WHERE address IS NOT NULL
    GROUP BY trace HAVING count(DISTINCT ttl) = ?)"""


if __name__ == "__main__":
    sys.exit(main())
