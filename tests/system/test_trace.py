"""Paths through real Linux routers: what netsonde shows is what scamper and traceroute show."""

import json
import shutil

import pytest

from tests.system.chain import SILENT_V4, SILENT_V6, Chain, without_rights

pytestmark = pytest.mark.root

FAMILIES = pytest.mark.parametrize("v6", [False, True], ids=["IPv4", "IPv6"])
#: A method of netsonde, and what scamper and traceroute call it.
METHODS = pytest.mark.parametrize(
    ("method", "scamper", "traceroute"),
    [
        ("icmp-paris", "icmp-paris", "-I"),
        ("udp-paris", "udp-paris", "-U"),
        ("tcp-syn", "tcp", "-T"),
    ],
    ids=["ICMP", "UDP", "TCP"],
)


def hops(chain: Chain, *arguments: str, prefix: tuple[str, ...] = ()) -> list[str | None]:
    """Return the addresses of a trace by netsonde, None for silent hops."""
    events = chain.netsonde("trace", *arguments, prefix=prefix)
    [trace] = [event for event in events if event["type"] == "trace"]
    return [hop["replies"][0]["responder"] if hop["replies"] else None for hop in trace["hops"]]


@FAMILIES
@METHODS
def test_the_path_is_that_of_scamper_and_traceroute(
    chain: Chain, v6: bool, method: str, scamper: str, traceroute: str
) -> None:
    target = chain.target(v6=v6)
    found = hops(chain, target, "--method", method)
    assert found == chain.hops(v6=v6)
    # Debian's scamper (20211212) gets no reply at all to its Paris UDP probes over IPv6.
    known = "udp" if v6 and scamper == "udp-paris" else scamper
    assert found == _scamper(chain, known, target)
    assert found == _traceroute(chain, traceroute, target)


@FAMILIES
@pytest.mark.parametrize("window", ["1", "255"])
def test_the_window_does_not_change_the_path(long_chain: Chain, v6: bool, window: str) -> None:
    found = hops(long_chain, long_chain.target(v6=v6), "--window", window)
    assert found == long_chain.hops(v6=v6)


@FAMILIES
def test_without_rights_the_path_is_the_same(chain: Chain, v6: bool) -> None:
    target = chain.target(v6=v6)
    events = chain.netsonde("trace", target, "--method", "udp-paris", prefix=without_rights())
    assert events[0]["privilege"] == "none"
    [trace] = [event for event in events if event["type"] == "trace"]
    replies = [hop["replies"][0] for hop in trace["hops"]]
    assert [reply["responder"] for reply in replies] == chain.hops(v6=v6)
    # The error queue tells the TTL of the error, but nothing of the probe as it was quoted.
    assert [reply["reply_ttl"] for reply in replies] == [
        64 - index for index in range(len(replies))
    ]
    assert {reply["quoted_ttl"] for reply in replies} == {None}


@FAMILIES
def test_a_demanded_port_works_without_rights(long_chain: Chain, v6: bool) -> None:
    arguments = ("--method", "udp-paris", "--destination-port", "33434", "--window", "255")
    found = hops(long_chain, long_chain.target(v6=v6), *arguments, prefix=without_rights())
    assert found == long_chain.hops(v6=v6)


@FAMILIES
@pytest.mark.parametrize("privilege", ["raw", "none"])
def test_what_is_silent_stays_silent(long_chain: Chain, v6: bool, privilege: str) -> None:
    method = "icmp-paris" if privilege == "raw" else "udp-paris"
    silent = SILENT_V6 if v6 else SILENT_V4
    limits = ("--last-ttl", "5", "--attempts", "1", "--wait-ms", "300")
    found = hops(long_chain, silent, "--privilege", privilege, "--method", method, *limits)
    known = [address for address in found if address]
    assert known == long_chain.hops(v6=v6)[: len(known)]
    assert found[len(known) :] == [None] * (5 - len(known))


def _scamper(chain: Chain, method: str, target: str) -> list[str]:
    if shutil.which("scamper") is None:
        pytest.skip("needs the program `scamper`")
    printed = chain.run("scamper", "-O", "json", "-I", f"trace -P {method} -q 1 -w 2 {target}")
    records = [json.loads(line) for line in printed.splitlines()]
    [trace] = [record for record in records if record["type"] == "trace"]
    return [hop["addr"] for hop in trace["hops"]]


def _traceroute(chain: Chain, method: str, target: str) -> list[str]:
    if shutil.which("traceroute") is None:
        pytest.skip("needs the program `traceroute`")
    printed = chain.run("traceroute", "-n", "-q", "1", "-w", "2", method, target)
    return [line.split()[1] for line in printed.splitlines()[1:]]
