"""TCP behaviour of the Linux kernel, and of a real middlebox made of nftables."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.system.chain import Chain

pytestmark = pytest.mark.root

FAMILIES = pytest.mark.parametrize("v6", [False, True], ids=["IPv4", "IPv6"])
#: Listens on both families, prints a line once it does, and ends with its input.
_LISTENER = """
import socket, sys
protocol = {"mptcp": 262, "tcp": socket.IPPROTO_TCP}[sys.argv[1]]
try:
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, protocol)
except OSError:
    print("none", flush=True)
    raise SystemExit
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
listener.bind(("::", 80))
listener.listen()
print("ready", flush=True)
sys.stdin.read()
"""
#: What the kernel itself negotiates with the listener: the bits of TCP_INFO, and the segment size.
_CLIENT = """
import json, socket, sys
client = socket.create_connection((sys.argv[1], 80))
info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
print(json.dumps({"options": info[5], "shift": info[6] & 15}))
"""
_TIMESTAMPS, _SACK, _WINDOW_SCALE, _ECN = 1, 2, 4, 8


@contextmanager
def listening(chain: Chain, protocol: str) -> Iterator[None]:
    """Have somebody listen on port 80 of the target."""
    command = chain.at(len(chain.nodes) - 1, sys.executable, "-c", _LISTENER, protocol)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as running:  # type: ignore[call-overload]
        try:
            if running.stdout.readline() == "none\n":
                pytest.skip("this kernel has no Multipath TCP")
            yield
        finally:
            running.stdin.close()


@contextmanager
def settings(chain: Chain, index: int, **values: int) -> Iterator[None]:
    """Change settings of a node's kernel, and change them back."""
    names = [f"net.ipv4.{name}" for name in values]
    before = chain.run("sysctl", "-n", *names, index=index).split()
    chain.run(
        "sysctl",
        "-qw",
        *(f"{n}={v}" for n, v in zip(names, values.values(), strict=True)),
        index=index,
    )
    try:
        yield
    finally:
        chain.run(
            "sysctl", "-qw", *(f"{n}={v}" for n, v in zip(names, before, strict=True)), index=index
        )


@contextmanager
def rules(chain: Chain, index: int, hook: str, *lines: str) -> Iterator[None]:
    """Have a node change or drop packets."""
    if shutil.which("nft") is None:
        pytest.skip("needs the program `nft` (nftables)")
    head = f"add chain inet sonde box {{ type filter hook {hook} priority mangle; }}"
    commands = ["add table inet sonde", head, *(f"add rule inet sonde box {one}" for one in lines)]
    chain.run("nft", "; ".join(commands), index=index)
    try:
        yield
    finally:
        chain.run("nft", "delete table inet sonde", index=index)


def measured(chain: Chain, *arguments: str, v6: bool) -> dict[str, Any]:
    events = chain.netsonde("tcp", *arguments, chain.target(v6=v6))
    [result] = [event for event in events if event["type"] == "tcp"]
    return result


@FAMILIES
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"tcp_ecn": 0},
        {"tcp_timestamps": 0, "tcp_sack": 0},
        {"tcp_window_scaling": 0},
    ],
    ids=["usual", "without ECN", "without timestamps and SACK", "without scaling"],
)
def test_features_are_those_that_the_kernel_negotiates(
    long_chain: Chain, v6: bool, values: dict[str, int]
) -> None:
    chain, last = long_chain, len(long_chain.nodes) - 1
    with (
        listening(chain, "tcp"),
        settings(chain, last, **{"tcp_ecn": 1, **values}),
        settings(chain, 0, tcp_ecn=1),
    ):
        shake = measured(chain, "--no-path", v6=v6)["handshake"]
        printed = chain.run(sys.executable, "-c", _CLIENT, chain.target(v6=v6))
    truth = json.loads(printed)
    assert shake["state"] == "open"
    bits = {
        "timestamps": _TIMESTAMPS,
        "sack": _SACK,
        "window_scaling": _WINDOW_SCALE,
        "ecn": _ECN,
    }
    for name, bit in bits.items():
        expected = "accepted" if truth["options"] & bit else "refused"
        assert shake[name] == expected, name
    if truth["options"] & _WINDOW_SCALE:
        assert shake["window_shift"] == truth["shift"]
    assert shake["mss"] == (1_440 if v6 else 1_460)
    assert shake["mptcp"] == "refused"


@FAMILIES
def test_a_real_multipath_listener_is_one(long_chain: Chain, v6: bool) -> None:
    with listening(long_chain, "mptcp"), settings_of_mptcp(long_chain):
        result = measured(long_chain, v6=v6)
        older = measured(long_chain, "--no-path", "--mptcp", "v0", v6=v6)
    assert (result["handshake"]["mptcp"], result["handshake"]["mptcp_version"]) == ("accepted", 1)
    # Linux knows version 1 alone.
    assert older["handshake"]["mptcp"] == "refused"
    assert (result["stop"], result["changes"]) == ("completed", [])
    responders = [hop["reply"]["responder"] for hop in result["hops"]]
    assert responders == long_chain.hops(v6=v6)
    assert [hop["reach"] for hop in result["hops"]] == ["options"] * 3 + [None]


@contextmanager
def settings_of_mptcp(chain: Chain) -> Iterator[None]:
    """Allow Multipath TCP at the target, whatever the distribution's default is."""
    chain.run("sysctl", "-qw", "net.mptcp.enabled=1", index=len(chain.nodes) - 1)
    yield


@FAMILIES
def test_a_closed_port_is_closed(long_chain: Chain, v6: bool) -> None:
    result = measured(long_chain, "-p", "81", v6=v6)
    assert (result["handshake"]["state"], result["resets"]) == ("closed", 0)
    assert result["stop"] == "completed"


@FAMILIES
def test_a_real_middlebox_is_found_where_it_is(long_chain: Chain, v6: bool) -> None:
    version = "ip6" if v6 else "ip"
    box = rules(
        long_chain,
        2,
        "forward",
        "tcp flags & (syn | ack) == syn tcp option maxseg size set 1300",
        "tcp flags & (syn | ack) == syn reset tcp option mptcp",
        "tcp flags & (syn | ack) == syn reset tcp option timestamp",
        f"{version} dscp set cs1",
    )
    with listening(long_chain, "mptcp"), box:
        result = measured(long_chain, v6=v6)
    made = {
        (one["field"], one["option"], one["edit"], one["cause"])
        for one in result["changes"]
        if one["cause"] != "consequence"
    }
    assert made == {
        ("dscp", None, "changed", "marking"),
        ("option", 2, "changed", "middlebox"),
        ("option", 8, "blanked", "middlebox"),
        ("option", 30, "blanked", "middlebox"),
    }
    places = {(one["after_ttl"], one["first_ttl"], one["lasts"]) for one in result["changes"]}
    assert places == {(2, 3, True)}
    shake = result["handshake"]
    assert (shake["mptcp"], shake["timestamps"], shake["sack"]) == (
        "refused",
        "refused",
        "accepted",
    )


@FAMILIES
def test_a_filter_that_drops_what_it_does_not_know_is_told_apart(
    long_chain: Chain, v6: bool
) -> None:
    box = rules(long_chain, 2, "forward", "tcp option mptcp exists drop")
    with listening(long_chain, "tcp"), box:
        result = measured(long_chain, "--wait-ms", "300", v6=v6)
    assert (result["handshake"]["state"], result["handshake"]["plain"]) == ("silent", "open")
    assert result["stop"] == "gap-limit"
    # The last that answers stands before the filter.
    heard = [hop["probe_ttl"] for hop in result["hops"] if hop["reply"]]
    assert heard == [1, 2]


@FAMILIES
def test_nothing_is_left_half_open(long_chain: Chain, v6: bool) -> None:
    # The resets of our own kernel do not get out; frames do, and with them the engine's.
    host = rules(long_chain, 0, "output", "tcp flags & rst == rst drop")
    with listening(long_chain, "tcp"), host:
        result = measured(long_chain, "--link", "packet", v6=v6)
        left = long_chain.run("ss", "-Htan", "state", "syn-recv", index=len(long_chain.nodes) - 1)
    assert result["handshake"]["state"] == "open"
    assert result["resets"] >= 2
    assert left == ""
