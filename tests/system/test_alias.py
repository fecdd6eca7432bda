"""Aliases on live labs and on real Linux routers, beside scamper."""

from __future__ import annotations

import functools
import json
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from typing import Any

import pytest

from netsonde.lab import load, run
from tests.system.chain import Chain

NETSONDE = f"{shlex.quote(sys.executable)} -c 'from netsonde.cli import main; main()'"
PATH = "/usr/local/bin:/usr/sbin:/sbin:/usr/bin:/bin"
#: Of the scenario "plain": two addresses each of ce1 and pe1, one of p1.
LIVE = ["5.1.0.2", "5.1.1.1", "5.1.1.2", "5.1.2.1", "5.1.2.2"]
ROUTERS = [["5.1.0.2", "5.1.1.1"], ["5.1.1.2", "5.1.2.1"]]
#: What scamper is asked of a pair; it waits a second for the last reply.
ALLY = "dealias -m ally -w 1 -p '-P {probe}' {a} {b}"
PREFIXSCAN = "scamper -O json -I \"dealias -m prefixscan -p '-P icmp-echo' {a} {b}/30\""
#: Less waiting between probes than where strangers' routers are asked.
QUICK = ["--interval-ms", "100", "--round-gap-ms", "300"]
METHODS = ["auto", "mercator", "radargun"]
PAIRS = list(combinations(LIVE, 2))


def commands() -> dict[str, list[str]]:
    """Return the commands of each live run, which follow each other: they share its counters."""
    ours = f"{NETSONDE} alias {' '.join(LIVE)} --json"
    found = {"methods": [f"{ours} -r 500 {' '.join(QUICK)} -m {method}" for method in METHODS]}
    for probe in ("icmp-echo", "udp"):
        asked = "\n".join(ALLY.format(probe=probe, a=a, b=b) for a, b in PAIRS)
        found[probe] = [
            f"{ours} -m ally --probe {probe.removesuffix('-echo')}",
            f"echo {shlex.quote(asked)} | scamper -p 100 -O json -O cmdfile -f -",
        ]
    found["prefixscan"] = [
        f"{NETSONDE} alias 5.1.0.2 5.1.1.2 5.1.2.2 -m prefixscan --interval-ms 100 --json",
        PREFIXSCAN.format(a="5.1.1.2", b="5.1.2.2"),
    ]
    return found if has_scamper() else {"methods": found["methods"]}


@functools.cache
def on_live_labs() -> dict[str, str]:
    """Return what the commands of each live run print; all labs run at once, mostly waiting."""
    asked = commands()
    with ThreadPoolExecutor(len(asked)) as pool:
        return dict(zip(asked, pool.map(on_live_lab, asked.values()), strict=True))


def on_live_lab(lines: Sequence[str]) -> str:
    ended = run(load("plain"), ["sh", "-c", "\n".join(lines)], timeout_s=120)
    assert ended.status == 0, ended.stderr
    return ended.stdout


def of_type(kind: str, text: str) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in text.splitlines()]
    return [event for event in events if event["type"] == kind]


def has_scamper() -> bool:
    return shutil.which("scamper", path=PATH) is not None


NEEDS_SCAMPER = pytest.mark.skipif(not has_scamper(), reason="needs scamper")


def together(result: dict[str, Any]) -> set[tuple[str, str]]:
    return {(a, b) for one in result["sets"] for a, b in combinations(sorted(one["addresses"]), 2)}


@pytest.mark.root
@pytest.mark.tun
@pytest.mark.slow
def test_routers_of_a_live_lab_are_found() -> None:
    results = of_type("alias", on_live_labs()["methods"])
    assert [result["method"] for result in results] == METHODS
    for result in results:
        assert [one["addresses"] for one in result["sets"]] == ROUTERS, result["method"]


@pytest.mark.root
@pytest.mark.tun
@pytest.mark.slow
@NEEDS_SCAMPER
@pytest.mark.parametrize("probe", ["icmp-echo", "udp"])
def test_scamper_agrees_on_every_pair(probe: str) -> None:
    text = on_live_labs()[probe]
    (result,) = of_type("alias", text)
    theirs = {
        (found["probedefs"][0]["dst"], found["probedefs"][1]["dst"])
        for found in of_type("dealias", text)
        if found["result"] == "aliases"
    }
    assert len(of_type("dealias", text)) == len(PAIRS)
    assert together(result) == theirs


@pytest.mark.root
@pytest.mark.tun
@pytest.mark.slow
@NEEDS_SCAMPER
def test_scamper_s_prefixscan_finds_the_same_other_end() -> None:
    text = on_live_labs()["prefixscan"]
    (theirs,) = of_type("dealias", text)
    (result,) = of_type("alias", text)
    assert theirs["ab"] == "5.1.2.1/30"
    assert [one["addresses"] for one in result["sets"]] == ROUTERS


@pytest.fixture
def told_chain() -> Iterator[Chain]:
    """A chain of its own: routers that were told "packet too big" remember it, for others too."""
    if shutil.which("ip") is None:
        pytest.skip("needs the program `ip` (iproute2)")
    chain = Chain(3)
    try:
        chain.build()
        yield chain
    finally:
        chain.delete()


@pytest.mark.root
def test_linux_routers_have_a_counter_for_each_pair_of_addresses(long_chain: Chain) -> None:
    """The kernel hashes both addresses: the counters are real, and none is shared."""
    addresses = ["198.18.0.2", "198.18.1.1", "198.18.1.2", "198.18.2.1"]
    (result,) = [
        event
        for event in long_chain.netsonde(
            "alias", *addresses, "-m", "midar", "--probe", "icmp", *QUICK
        )
        if event["type"] == "alias"
    ]
    assert {one["class"] for one in result["addresses"]} == {"counter"}
    assert result["sets"] == []
    assert result["eliminated"] + len(result["pairs"]) == 6
    if shutil.which("scamper"):
        asked = "dealias -m ally -w 1 -p '-P icmp-echo' 198.18.0.2 198.18.1.1"
        (theirs,) = of_type("dealias", long_chain.run("scamper", "-O", "json", "-I", asked))
        assert theirs["result"] == "not-aliases"


@pytest.mark.root
def test_linux_answers_resets_without_identification(long_chain: Chain) -> None:
    events = long_chain.netsonde("alias", "198.18.0.2", "-m", "midar", "--probe", "tcp-ack", *QUICK)
    (result,) = [event for event in events if event["type"] == "alias"]
    assert [one["class"] for one in result["addresses"]] == ["zero"]


@pytest.mark.root
@pytest.mark.parametrize(("link", "seen"), [("packet", "random"), ("raw", "unfragmented")])
def test_speedtrap_reads_fragments_where_the_link_sees_them(
    told_chain: Chain, link: str, seen: str
) -> None:
    """Linux heeds the message, and draws its numbers; raw sockets get fragments put together."""
    addresses = ["2001:2:0:0::2", "2001:2:0:1::1"]
    asked = ["alias", *addresses, "-m", "speedtrap", "-r", "50", "--link", link, *QUICK]
    (result,) = [event for event in told_chain.netsonde(*asked) if event["type"] == "alias"]
    assert {one["class"] for one in result["addresses"]} == {seen}
    assert all(one["received"] > 5 for one in result["addresses"])
    assert result["sets"] == []
