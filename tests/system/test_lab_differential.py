"""Live labs, seen by netsonde, scamper and traceroute: the same routers at the same hops.

And netsonde sees live what it sees in virtual time.
"""

import json
import re
import shutil
import sys

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
TARGETS = {4: "5.2.0.1", 6: "2a00:5:2::1"}
CASES = [(name, family) for name in SCENARIOS for family in TARGETS]
Hops = list[str | None]


def need(program: str) -> None:
    if shutil.which(program, path="/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/bin") is None:
        pytest.skip(f"needs {program}")


def virtual(name: str, family: int) -> Hops:
    result = netsonde.trace(TARGETS[family], vantage=load(name))
    return [hop.address for hop in result.hops]


def live(name: str, family: int) -> Hops:
    code = "import sys; from netsonde.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "trace", "--json", TARGETS[family]]
    ended = run(load(name), command, timeout_s=60)
    assert ended.status == 0, ended.stderr
    for line in ended.stdout.splitlines():
        event = json.loads(line)
        if event["type"] == "trace":
            replies = [hop["replies"] for hop in event["hops"]]
            return [each[0]["responder"] if each else None for each in replies]
    raise AssertionError(ended.stdout)


def by_scamper(name: str, family: int) -> Hops:
    command = ["scamper", "-O", "json", "-c", "trace -P icmp-paris", "-i", TARGETS[family]]
    ended = run(load(name), command, timeout_s=60)
    for line in ended.stdout.splitlines():
        record = json.loads(line)
        if record["type"] == "trace":
            found = {hop["probe_ttl"]: hop["addr"] for hop in record["hops"]}
            return [found.get(ttl) for ttl in range(1, max(found) + 1)]
    raise AssertionError(ended.stderr)


def by_traceroute(name: str, family: int) -> Hops:
    command = ["traceroute", f"-{family}", "-n", "-I", "-q", "1", "-N", "1", TARGETS[family]]
    ended = run(load(name), command, timeout_s=60)
    lines = re.findall(r"^ *\d+  (\S+)", ended.stdout, re.MULTILINE)
    return [None if word == "*" else word for word in lines]


@pytest.mark.parametrize(("name", "family"), CASES)
def test_live_and_virtual_agree(name: str, family: int) -> None:
    assert live(name, family) == virtual(name, family)


@pytest.mark.parametrize(("name", "family"), CASES)
def test_scamper_agrees(name: str, family: int) -> None:
    need("scamper")
    assert by_scamper(name, family) == virtual(name, family)


@pytest.mark.parametrize(("name", "family"), CASES)
def test_traceroute_agrees(name: str, family: int) -> None:
    need("traceroute")
    assert by_traceroute(name, family) == virtual(name, family)
