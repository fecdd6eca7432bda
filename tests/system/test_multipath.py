"""Live labs with balancers, seen by netsonde and by scamper: the same links."""

import functools
import json
import shlex
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import netsonde
from netsonde.lab import run
from netsonde.model import MultipathResult
from tests.system.balanced import TOPOLOGIES, balanced

pytestmark = [pytest.mark.root, pytest.mark.tun, pytest.mark.slow]

TARGETS = {4: "5.2.0.1", 6: "2a00:5:2::1"}
CASES = [(name, family) for name in TOPOLOGIES for family in TARGETS]
NETSONDE = f"{shlex.quote(sys.executable)} -c 'from netsonde.cli import main; main()'"
#: Of 100 runs one may miss a link, as both promise: with these flows none does.
SEED, SOURCE_PORT = 1, 40_001
OPTIONS = f"--json --algorithm {{algorithm}} --confidence 99 -m udp-dport --seed {SEED}"
OURS = f"{NETSONDE} multipath {OPTIONS} --rate-pps 200 {{target}}"
BALANCED = f"tracelb -P udp-dport -s {SOURCE_PORT} -c 99 -W 15 -w 1"
SCAMPER = f"scamper -p 1000 -O json -c '{BALANCED}' -i {{target}}"
Links = set[tuple[str, str]]


@functools.cache
def all_outputs() -> dict[str, dict[tuple[str, int], str]]:
    """Return what the tools write of every topology, all at once: scamper mostly waits."""
    with ThreadPoolExecutor(len(TOPOLOGIES)) as pool:
        return dict(zip(TOPOLOGIES, pool.map(live, TOPOLOGIES), strict=True))


def live(name: str) -> dict[tuple[str, int], str]:
    """Return what each tool writes in one live run of a topology, over each family."""
    asked = [(tool, family) for tool in (OURS, SCAMPER) for family in TARGETS]
    # Scamper waits between its probes: what does not disturb the other runs beside it.
    folder = "d=$(mktemp -d); "
    lines = [
        f"({tool.format(target=TARGETS[family], algorithm=algorithm(name))}) > $d/{number} & "
        for number, (tool, family) in enumerate(asked)
    ]
    shown = "wait; for n in 0 1 2 3; do cat $d/$n; echo %%%%; done; rm -r $d"
    ended = run(balanced(name), ["sh", "-c", folder + "".join(lines) + shown], timeout_s=180)
    assert ended.status == 0, ended.stderr
    return dict(zip(asked, ended.stdout.split("%%%%\n"), strict=False))


def outputs(name: str) -> dict[tuple[str, int], str]:
    if not shutil.which("scamper", path="/usr/local/bin:/usr/bin:/bin"):
        pytest.skip("needs scamper")
    return all_outputs()[name]


def algorithm(name: str) -> str:
    """Return the algorithm that holds its bound: MDA-Lite does not where diamonds are nested."""
    return "mda" if name == "nested" else "mda-lite"


def by_netsonde(output: str) -> tuple[Links, int]:
    events = map(json.loads, output.splitlines())
    found = next(event for event in events if event["type"] == "multipath")
    names = [node["address"] for node in found["nodes"]]
    links = {
        (names[link["near"]], names[link["far"]])
        for link in found["links"]
        if link["near"] is not None
    }
    return links, found["sent"]


def by_scamper(output: str) -> tuple[Links, int]:
    records = map(json.loads, output.splitlines())
    found = next(record for record in records if record["type"] == "tracelb")
    links = {
        (node["addr"], hop["addr"])
        for node in found["nodes"]
        for hops in node.get("links", ())
        for hop in hops
    }
    return links, found["probec"]


def virtual(name: str, family: int, **options: object) -> MultipathResult:
    options["seed"] = SEED
    return netsonde.multipath(TARGETS[family], vantage=balanced(name), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "family"), CASES)
def test_scamper_finds_the_same_links(name: str, family: int) -> None:
    ours, _ = by_netsonde(outputs(name)[OURS, family])
    theirs, _ = by_scamper(outputs(name)[SCAMPER, family])
    assert ours == theirs


def test_scamper_needs_as_many_probes_in_all() -> None:
    sent = sum(by_netsonde(outputs(name)[OURS, family])[1] for name, family in CASES)
    probes = sum(by_scamper(outputs(name)[SCAMPER, family])[1] for name, family in CASES)
    assert sent <= 1.1 * probes, f"{sent} probes, scamper {probes}"


@pytest.mark.parametrize(("name", "family"), CASES)
def test_live_and_virtual_agree(name: str, family: int) -> None:
    live, _ = by_netsonde(outputs(name)[OURS, family])
    result = virtual(name, family, method="udp-dport", confidence=99, algorithm=algorithm(name))
    names = [node.address for node in result.nodes]
    assert live == {
        (names[link.near], names[link.far]) for link in result.links if link.near is not None
    }


@pytest.mark.parametrize("family", TARGETS)
@pytest.mark.parametrize("method", ["icmp-echo", "udp-sport", "tcp-sport", "tcp-ack-sport"])
def test_every_method_finds_the_diamond(method: str, family: int) -> None:
    result = virtual("diamond", family, method=method, confidence=99)
    assert [each.width_max for each in result.diamonds] == [2]
    assert result.reached
