"""Replies that a narrow way back cuts, by every link, from a real kernel."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.pair import NETSONDE, Pair

pytestmark = pytest.mark.root

TARGETS = {4: "198.19.0.9", 6: "2001:2:0:8000::9"}
COUNT = 3


@pytest.fixture(scope="module")
def narrow() -> Iterator[Pair]:
    """Two namespaces; what comes back is cut at 300 octets over IPv4, and at 1,280 over IPv6."""
    pair = Pair()
    try:
        pair.build()
        for version, way in (
            ("-4", "198.18.7.0/24 dev near mtu 300"),
            ("-6", "2001:2:0:7::/64 dev near metric 256 mtu 1280"),
        ):
            command = ["ip", "-n", pair.far, version, "route", "replace", *way.split()]
            subprocess.run(command, check=True)
        yield pair
    finally:
        pair.delete()


def ping(pair: Pair, target: str, size: int, link: str) -> list[dict[str, Any]]:
    options = ("--json", "--allow-special-purpose", f"--link={link}", "-c", str(COUNT), "-i", "10")
    printed = pair.run(NETSONDE, "ping", target, "-s", str(size), *options)
    return [json.loads(line) for line in printed.splitlines()]


@pytest.mark.parametrize("link", ["packet", "raw"])
@pytest.mark.parametrize(("version", "size"), [(4, 400), (4, 1_400), (6, 1_400)])
def test_every_reply_is_whole_by_every_link(
    narrow: Pair, version: int, size: int, link: str
) -> None:
    start, *_, result, done = ping(narrow, TARGETS[version], size, link)
    assert [reply["size"] for reply in result["replies"]] == [size] * COUNT
    ways = [way["link"] for way in start["links"]]
    counters = done["counters"]
    if link == "raw":
        assert (ways, counters["frames"], counters["reassembled"]) == (["raw"], 0, 0)
        return
    assert start["links"][0] == {"link": "frames", "interface": "far"}
    # The kernel puts together what rings do not take: longer packets of IPv4.
    ours = 0 if (version, size) == (4, 1_400) else COUNT
    assert (ways, counters["frames"]) == (["frames", "raw"], COUNT)
    assert counters["reassembled"] == ours
    assert (counters["unfinished"], counters["overlapped"]) == (0, 0)


def test_only_rings_show_the_identification_of_fragments(narrow: Pair) -> None:
    for link, has_one in (("packet", True), ("raw", False)):
        result = ping(narrow, TARGETS[6], 1_400, link)[-2]
        assert all((reply.get("ip_id") is not None) == has_one for reply in result["replies"])
