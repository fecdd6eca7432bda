"""TNT on 16,384 targets behind 22 tunnels, in the lab: in virtual time, and live through TUN.

32 branches of seven routers hang on one; each ends in a host with 512 addresses. The mix has more
invisible tunnels than the Internet (IMC 2025: 15 % of all tunnels), which cost most:

    10 branches without a tunnel, 10 explicit, 3 invisible with PHP whose routers come out one by
    one (BRPR), 3 whose routers come out at once (DPR), 2 invisible with UHP, 2 implicit, 2 opaque

Every tunnel has three LSRs, so the truth is known: each trace must name its tunnel's class and
these three routers, and no other. The original TNT takes 9.2 s for 16,384 targets at its fixed
10,000 probes a second. Two ratios are printed: to these 9.2 s, though our paths are longer and have
tunnels, and to what the same number of probes takes at 10,000 a second. The live lab runs in
namespaces of its own and needs root; without, it is left out. Figures go to target/tnt.json.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from netsonde.lab import Topology
from netsonde.store import Dataset

ROOT = Path(__file__).parents[1]
NETSONDE = str(Path(sys.executable).with_name("netsonde"))
#: Addresses of one branch; a power of two.
PER_BRANCH = int(os.environ.get("NETSONDE_PER_BRANCH", "512"))
#: Probes per second through TUN, which carries some 100,000 packets on a quiet machine.
LIVE_RATE = int(os.environ.get("NETSONDE_LIVE_RATE", "100000"))
LIVE_IN_FLIGHT = 4_096
#: Waiting costs nothing in virtual time: few in flight are faster, as the caches hold them.
VIRTUAL_RATE, VIRTUAL_IN_FLIGHT = 200_000, 256
ORIGINAL_S, ORIGINAL_TARGETS, ORIGINAL_PPS = 9.2, 16_384, 10_000
TIMEOUT_S = 900


class Kind(NamedTuple):
    """One kind of branch."""

    name: str
    branches: int
    tunnel: str
    """The class that TNT must tell; empty for none."""
    domain: str
    router: str = ""


KINDS = (
    Kind("plain", 10, "", ""),
    Kind("explicit", 10, "explicit", 'ttl = "uniform"'),
    Kind("brpr", 3, "invisible-php", 'ttl = "pipe"'),
    Kind("dpr", 3, "invisible-php", 'ttl = "pipe"', 'profile = "junos"'),
    Kind("uhp", 2, "invisible-uhp", 'ttl = "pipe"\npop = "uhp"'),
    Kind("implicit", 2, "implicit", 'ttl = "uniform"', 'extensions = "none"'),
    Kind("opaque", 2, "opaque", 'ttl = "pipe"\npop = "opaque"\nlabels = "loopbacks"'),
)
_CAMPAIGN = """
kind = "tnt"
seed = 1
[targets]
list = [{targets}]
[limits]
rate_pps = {rate}
in_flight_max = {in_flight}
[options]
window = 4
{vantage}
"""


class Run(NamedTuple):
    """One run."""

    seconds: float
    """Of the whole process, or from the first probe to the last result."""
    processor_s: float
    sent: int
    wrong: int
    """Targets of which something else than the truth was told."""


def main() -> int:
    """Measure, print, write the figures."""
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as name:
        place = Path(name)
        topology = place / "tunnels.toml"
        topology.write_text("\n".join(_topology()) + "\n")
        runs = {"virtual": _virtual(place, topology)}
        if os.geteuid() == 0:
            runs["live"] = _live(place, topology)
    targets = PER_BRANCH * len(_branches())
    print(f"tnt of {targets} targets behind 22 tunnels, load {os.getloadavg()[0]:.1f}")
    for name, run in runs.items():
        same_probes_s = run.sent / ORIGINAL_PPS
        original_s = ORIGINAL_S * targets / ORIGINAL_TARGETS
        print(f"{name}: targets with the true tunnel  {targets - run.wrong} targets")
        print(f"{name}: time  {run.seconds:.2f} s")
        print(f"{name}: processor time  {run.processor_s:.2f} s")
        print(f"{name}: probes per trace  {run.sent / targets:.2f} probes")
        print(f"{name}: rate  {run.sent / run.seconds:,.0f} probes/s")
        print(f"{name}: the original's time to it  {original_s / run.seconds:.2f} times")
        print(
            f"{name}: as many probes at 10,000 a second to it  {_ratio(same_probes_s, run)} times"
        )
    figures = {name: run._asdict() for name, run in runs.items()}
    text = json.dumps({"targets": targets, "load": os.getloadavg(), **figures}, indent=1)
    (ROOT / "target/tnt.json").write_text(text + "\n")
    return int(any(run.wrong for run in runs.values()))


def _ratio(seconds: float, run: Run) -> str:
    return f"{seconds / run.seconds:.2f}"


def _branches() -> list[Kind]:
    return [kind for kind in KINDS for _ in range(kind.branches)]


def _prefix(branch: int) -> str:
    """Return the addresses at the end of a branch."""
    first = (9 << 16) + branch * max(PER_BRANCH, 256)
    length = 32 - (PER_BRANCH - 1).bit_length()
    return f"5.{first >> 16 & 255}.{first >> 8 & 255}.{first & 255}/{length}"


def _topology() -> Iterator[str]:
    chains, nodes = [], []
    for number, kind in enumerate(_branches()):
        routers = [f"{name}-{number}" for name in ("pe1", "p1", "p2", "p3", "pe2", "ce2")]
        chains.append(["hub", *routers, f"host-{number}"])
        nodes.append(f'[node.host-{number}]\nrole = "host"\naddresses = ["{_prefix(number)}"]')
        if kind.router:
            nodes += [f"[node.{router}]\n{kind.router}" for router in routers[:-1]]
        if kind.tunnel:
            members = json.dumps(routers[:-1])
            nodes.append(f"[mpls.branch-{number}]\nmembers = {members}\n{kind.domain}")
    yield "seed = 42\nfamilies = [4]"
    yield f"chain = {json.dumps(chains)}"
    yield '[node.hub]\nprofile = "cisco-ios"'
    yield from nodes
    yield '[attach.vp]\nnode = "hub"'


def _plan(place: Path, name: str, rate: int, in_flight: int, vantage: str = "") -> Path:
    targets = ", ".join(f'"{_prefix(number)}"' for number in range(len(_branches())))
    file = place / f"{name}.toml"
    file.write_text(
        _CAMPAIGN.format(targets=targets, rate=rate, in_flight=in_flight, vantage=vantage)
    )
    return file


def _virtual(place: Path, topology: Path) -> Run:
    plan = _plan(
        place, "virtual", VIRTUAL_RATE, VIRTUAL_IN_FLIGHT, f'[vantage]\nlab = "{topology}"'
    )
    seconds, processor_s, done = _campaign(plan, place / "virtual-data")
    wrong = _wrong(topology, place / "virtual-data")
    return Run(seconds, processor_s, done["sent"], wrong)


def _live(place: Path, topology: Path) -> Run:
    plan = _plan(place, "live", LIVE_RATE, LIVE_IN_FLIGHT)
    inside = (NETSONDE, "lab", "exec", str(topology), "--")
    _, processor_s, done = _campaign(plan, place / "live-data", *inside)
    wrong = _wrong(topology, place / "live-data")
    return Run(done["elapsed_s"], processor_s, done["sent"], wrong)


def _campaign(plan: Path, directory: Path, *inside: str) -> tuple[float, float, dict[str, Any]]:
    """Return seconds, processor seconds and the last word of a campaign."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    command = (NETSONDE, "campaign", "run", str(plan), "-o", str(directory), "--json")
    done = subprocess.run(
        [*inside, *command], check=True, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_S
    )
    seconds = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["is_complete"], last
    return seconds, processor_s, last


def _wrong(topology: Path, directory: Path) -> int:
    """Return of how many targets something else than the truth was told."""
    nodes = _node_of_address(topology)
    truth = {}
    for number, kind in enumerate(_branches()):
        lsrs = frozenset(f"p{place}-{number}" for place in (1, 2, 3))
        truth[number] = {(kind.tunnel, lsrs)} if kind.tunnel else set()
    wrong = targets = 0
    with Dataset(directory).query() as query:
        for target, tunnels in query.ask(_TOLD):
            first, second, third = map(int, target.split(".")[1:])
            branch = (first - 9 << 16 | second << 8 | third) // max(PER_BRANCH, 256)
            told = {
                (one["class"], frozenset(nodes.get(address, address) for address in one["lsrs"]))
                for one in tunnels or ()
            }
            targets += 1
            wrong += told != truth[branch]
            if told != truth[branch] and wrong <= 3:
                print(f"{target}: expected {truth[branch]}, found {told}", file=sys.stderr)
    return wrong + PER_BRANCH * len(truth) - targets


def _node_of_address(topology: Path) -> dict[str, str]:
    """Return which router has an address: the truth that the file says."""
    built = Topology.load(topology).build()
    return {
        str(address): node
        for link in built.links
        for pair in link.interfaces()
        for address, node in zip(pair, link.ends, strict=True)
    }


_TOLD = """
WITH told AS (
    SELECT trace, tunnel, class,
           list(r.address) FILTER (r.role = 'lsr' AND r.address IS NOT NULL) AS lsrs
    FROM tunnels LEFT JOIN tunnel_routers r USING (trace, tunnel) GROUP BY ALL)
SELECT t.target, list({class: told.class, lsrs: coalesce(told.lsrs, [])})
       FILTER (told.class IS NOT NULL)
FROM traces t LEFT JOIN told USING (trace) GROUP BY t.trace, t.target"""


if __name__ == "__main__":
    sys.exit(main())
