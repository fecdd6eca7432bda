"""Live labs, seen by netsonde, scamper and traceroute: the same routers at the same hops.

And netsonde sees live what it sees in virtual time.
"""

import functools
import json
import re
import shlex
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import netsonde
from netsonde.lab import load, run

pytestmark = [pytest.mark.root, pytest.mark.tun, pytest.mark.slow]

#: One per kind of path whose hops do not depend on chance or on the flow.
SCENARIOS = [
    "plain",
    "plain-mixed",
    "explicit-php",
    "explicit-uhp",
    "explicit-two-labels",
    "implicit-qttl",
    "opaque",
    "invisible-php-brpr",
    "invisible-php-dpr",
    "invisible-uhp",
    "linux-duplicate",
    "asymmetric-return",
    "two-tunnels",
    "te-tunnel",
]
#: Live labs at a time.
AT_ONCE = 4
TARGETS = {4: "5.2.0.1", 6: "2a00:5:2::1"}
CASES = [(name, family) for name in SCENARIOS for family in TARGETS]
Hops = list[str | None]
PATH = "/usr/local/bin:/usr/sbin:/sbin:/usr/bin:/bin"


NETSONDE = f"{shlex.quote(sys.executable)} -c 'from netsonde.cli import main; main()'"
#: What each tool is asked, per family; one line of marks apart.
COMMANDS = {
    "netsonde": NETSONDE + " trace --json {target}",
    "scamper": "scamper -O json -c 'trace -P icmp-paris' -i {target}",
    "traceroute": "traceroute -n -I -q 1 -N 1 {target}",
}


def virtual(name: str, family: int) -> Hops:
    result = netsonde.trace(TARGETS[family], vantage=load(name))
    return [hop.address for hop in result.hops]


@functools.cache
def all_outputs() -> dict[str, dict[tuple[str, int], str]]:
    """Return what the tools write of every scenario, several at once: tools wait between probes."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(SCENARIOS, pool.map(live, SCENARIOS), strict=True))


def live(name: str) -> dict[tuple[str, int], str]:
    """Return what each tool writes in one live run of a scenario, over each family."""
    asked = [
        (tool, family)
        for tool in COMMANDS
        if shutil.which(tool, path=PATH) or tool == "netsonde"
        for family in TARGETS
    ]
    lines = [
        COMMANDS[tool].format(target=TARGETS[family]) + "; echo %%%%" for tool, family in asked
    ]
    ended = run(load(name), ["sh", "-c", "\n".join(lines)], timeout_s=120)
    assert ended.status == 0, ended.stderr
    parts = ended.stdout.split("%%%%\n")
    return dict(zip(asked, parts, strict=False))


def seen(tool: str, name: str, family: int) -> Hops:
    found = all_outputs()[name].get((tool, family))
    if found is None:
        pytest.skip(f"needs {tool}")
    return READERS[tool](found)


def by_netsonde(output: str) -> Hops:
    events = map(json.loads, output.splitlines())
    trace = next(event for event in events if event["type"] == "trace")
    replies = [hop["replies"] for hop in trace["hops"]]
    return [each[0]["responder"] if each else None for each in replies]


def by_scamper(output: str) -> Hops:
    records = map(json.loads, output.splitlines())
    trace = next(record for record in records if record["type"] == "trace")
    found = {hop["probe_ttl"]: hop["addr"] for hop in trace["hops"]}
    return [found.get(ttl) for ttl in range(1, max(found) + 1)]


def by_traceroute(output: str) -> Hops:
    lines = re.findall(r"^ *\d+  (\S+)", output, re.MULTILINE)
    return [None if word == "*" else word for word in lines]


READERS = {"netsonde": by_netsonde, "scamper": by_scamper, "traceroute": by_traceroute}


@pytest.mark.parametrize(("name", "family"), CASES)
def test_live_and_virtual_agree(name: str, family: int) -> None:
    assert seen("netsonde", name, family) == virtual(name, family)


@pytest.mark.parametrize(("name", "family"), CASES)
def test_scamper_agrees(name: str, family: int) -> None:
    assert seen("scamper", name, family) == virtual(name, family)


@pytest.mark.parametrize(("name", "family"), CASES)
def test_traceroute_agrees(name: str, family: int) -> None:
    assert seen("traceroute", name, family) == virtual(name, family)
