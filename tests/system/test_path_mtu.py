"""Path MTU through real Linux routers: what netsonde finds is what tracepath and scamper find."""

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.chain import Chain

pytestmark = pytest.mark.root

FAMILIES = pytest.mark.parametrize("v6", [False, True], ids=["IPv4", "IPv6"])
METHODS = pytest.mark.parametrize("method", ["icmp-paris", "udp-paris", "tcp-syn"])
#: The MTU of each link of the chain, and so of the path up to each hop.
MTUS = [1500, 1400, 1400, 1280]


@pytest.fixture(scope="module")
def narrowing() -> Iterator[Chain]:
    """A chain whose links grow narrower."""
    chain = Chain(3)
    try:
        chain.build()
        for link, mtu in enumerate(MTUS):
            for index, device in ((link, f"far{link}"), (link + 1, f"near{link}")):
                chain.run("ip", "link", "set", device, "mtu", str(mtu), index=index)
        yield chain
    finally:
        chain.delete()


def path_mtu(chain: Chain, target: str, method: str) -> dict[str, Any]:
    # Whatever the kernel learned from an earlier test is not to matter.
    events = chain.netsonde("trace", target, "--mtu", "-m", method, "--wait-ms", "500", "-q", "2")
    [trace] = [event for event in events if event["type"] == "trace"]
    found = trace["path_mtu"]
    assert isinstance(found, dict)
    return found


@FAMILIES
@METHODS
def test_each_hop_has_the_mtu_of_the_links_before_it(
    narrowing: Chain, v6: bool, method: str
) -> None:
    for _ in range(2):  # the kernel remembers what it was told, and netsonde does not care
        found = path_mtu(narrowing, narrowing.target(v6=v6), method)
        assert [hop["mtu"] for hop in found["hops"]] == MTUS
        routers = narrowing.hops(v6=v6)
        assert [(each["probe_ttl"], each["router"], each["said"]) for each in found["changes"]] == [
            (2, routers[0], 1400),
            (4, routers[2], 1280),
        ]
        assert (found["mtu"], found["start"], found["sent"]) == (1280, 1500, 6)


@FAMILIES
def test_the_path_mtu_is_that_of_tracepath_and_scamper(narrowing: Chain, v6: bool) -> None:
    target = narrowing.target(v6=v6)
    found = path_mtu(narrowing, target, "udp-paris")
    if shutil.which("tracepath") is None or shutil.which("scamper") is None:
        pytest.skip("needs the programs `tracepath` and `scamper`")
    printed = narrowing.run("tracepath", "-n", target)
    [theirs] = re.findall(r"Resume: pmtu (\d+)", printed)
    assert found["mtu"] == int(theirs)
    # Debian's scamper (20211212) gets no reply at all to its Paris UDP probes over IPv6.
    probe = "udp" if v6 else "udp-paris"
    asked = f"trace -M -P {probe} -q 1 -w 2 {target}"
    printed = narrowing.run("scamper", "-O", "json", "-I", asked)
    records = [json.loads(line) for line in printed.splitlines()]
    [trace] = [record for record in records if record["type"] == "trace"]
    if "pmtud" not in trace:  # this scamper writes it into warts only, or has no reply over IPv6
        return
    assert found["mtu"] == trace["pmtud"]["pmtu"]


@FAMILIES
def test_a_black_hole_is_measured(narrowing: Chain, v6: bool) -> None:
    table = "ip6" if v6 else "ip"
    rule = (
        "icmpv6 type packet-too-big drop"
        if v6
        else "icmp type destination-unreachable icmp code 4 drop"
    )
    if shutil.which("nft") is None:
        pytest.skip("needs the program `nft`")
    # The last router says nothing of packets that are too big for its link.
    narrowing.run("nft", f"add table {table} hole", index=3)
    chain = f"add chain {table} hole out {{ type filter hook output priority 0; }}"
    narrowing.run("nft", chain, index=3)
    narrowing.run("nft", f"add rule {table} hole out {rule}", index=3)
    try:
        found = path_mtu(narrowing, narrowing.target(v6=v6), "udp-paris")
    finally:
        narrowing.run("nft", f"delete table {table} hole", index=3)
    assert [hop["mtu"] for hop in found["hops"]] == MTUS
    last = found["changes"][-1]
    assert (last["router"], last["said"], last["found"]) == (None, None, "search")
