"""Pings across real Linux routers: methods, headers, and forged replies."""

import subprocess
import sys

import pytest

from tests.system.chain import NETSONDE, Chain, without_rights

pytestmark = pytest.mark.root

FAMILIES = pytest.mark.parametrize("v6", [False, True], ids=["IPv4", "IPv6"])

#: Run at a router: sends forged answers of the target to the host, one every 10 ms, at most as
#: many as a minute has, until its input ends.
FORGER = """
import random, select, socket, struct, sys
source, host = sys.argv[1:]

def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF ^ ((total & 0xFFFF) + (total >> 16))

def ip(protocol, source, destination, payload):
    length = 20 + len(payload)
    return struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, length, 9, 0, 64, protocol, 0,
        socket.inet_aton(source), socket.inet_aton(destination),
    ) + payload

def icmp(kind, rest, payload):
    data = struct.pack("!BBH4s", kind, 0, 0, rest) + payload
    return data[:2] + struct.pack("!H", checksum(data)) + data[4:]

raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for _ in range(6_000):
    numbers = random.randbytes(4)
    reply = icmp(0, numbers, bytes(56))
    probe = ip(1, host, source, icmp(8, random.randbytes(4), bytes(40)))
    exceeded = icmp(11, bytes(4), probe)
    raw.sendto(ip(1, source, host, reply), (host, 0))
    raw.sendto(ip(1, "198.51.100.66", host, exceeded), (host, 0))
    if select.select([sys.stdin], [], [], 0.01)[0]:
        break
"""

#: Run at the target: answers every datagram.
SERVICE = """
import socket, sys

family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as service:
    service.bind((sys.argv[1], 7007))
    print("ready", flush=True)
    while True:
        service.sendto(b"answer", service.recvfrom(2048)[1])
"""


@FAMILIES
@pytest.mark.parametrize("method", ["icmp", "udp", "tcp-syn", "tcp-ack"])
def test_every_method_gets_its_replies(chain: Chain, v6: bool, method: str) -> None:
    target = chain.target(v6=v6)
    events = chain.netsonde("ping", target, "--method", method, "--count=3", "--interval-ms=10")
    [result] = [event for event in events if event["type"] == "ping"]
    assert [reply["responder"] for reply in result["replies"]] == [target] * 3
    # The target is as many routers away as its TTL lost.
    assert {reply["reply_ttl"] for reply in result["replies"]} == {64 - (len(chain.nodes) - 2)}
    done = events[-1]
    assert done["type"] == "done"
    assert (done["counters"]["refused"], done["counters"]["dropped"]) == (0, 0)


@FAMILIES
def test_udp_works_without_rights(chain: Chain, v6: bool) -> None:
    target = chain.target(v6=v6)
    arguments = ("ping", target, "--method=udp", "--count=3", "--interval-ms=10")
    events = chain.netsonde(*arguments, prefix=without_rights())
    [result] = [event for event in events if event["type"] == "ping"]
    assert [reply["responder"] for reply in result["replies"]] == [target] * 3
    assert events[0]["privilege"] == "none"


@FAMILIES
@pytest.mark.parametrize("privilege", ["raw", "none"])
def test_a_udp_service_answers_for_itself(long_chain: Chain, v6: bool, privilege: str) -> None:
    target, last = long_chain.target(v6=v6), len(long_chain.nodes) - 1
    service = long_chain.at(last, sys.executable, "-c", SERVICE, target)
    with subprocess.Popen(service, stdout=subprocess.PIPE) as serving:
        try:
            assert serving.stdout is not None, "it was piped"
            assert serving.stdout.readline() == b"ready\n"
            events = long_chain.netsonde(
                *("ping", target, "--method=udp", "--destination-port=7007", "--count=2"),
                *("--interval-ms=10", f"--privilege={privilege}"),
            )
        finally:
            serving.kill()
    [result] = [event for event in events if event["type"] == "ping"]
    assert [reply["kind"] for reply in result["replies"]] == ["udp-reply"] * 2
    assert {reply["responder"] for reply in result["replies"]} == {target}


@FAMILIES
@pytest.mark.parametrize("command", ["ping", "trace"])
def test_icmp_works_without_rights_where_the_host_allows_it(
    long_chain: Chain, v6: bool, command: str
) -> None:
    target = long_chain.target(v6=v6)
    options = ["--method=icmp", "-c1"] if command == "ping" else ["--method=icmp-paris"]
    long_chain.run("sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647")
    try:
        events = long_chain.netsonde(command, target, *options, prefix=without_rights())
    finally:
        long_chain.run("sysctl", "-qw", "net.ipv4.ping_group_range=1 0")
    assert events[0]["privilege"] == "none"
    [result] = [event for event in events if event["type"] == command]
    groups = [result] if command == "ping" else result["hops"]
    found = [group["replies"][0]["responder"] for group in groups]
    assert found == ([target] if command == "ping" else long_chain.hops(v6=v6))


@FAMILIES
@pytest.mark.parametrize("size", [60, 1_500])
def test_the_size_is_that_of_the_whole_packet(long_chain: Chain, v6: bool, size: int) -> None:
    target = long_chain.target(v6=v6)
    size = max(size, 80) if v6 else size
    events = long_chain.netsonde("ping", target, f"--size={size}", "--count=1")
    [result] = [event for event in events if event["type"] == "ping"]
    assert [reply["size"] for reply in result["replies"]] == [size]


def test_a_packet_longer_than_every_link_is_refused(long_chain: Chain) -> None:
    target = long_chain.target(v6=False)
    arguments = (target, "--size=3000", "--count=1", "--allow-special-purpose")
    command = long_chain.at(0, NETSONDE, "ping", *arguments)
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    message = done.stderr.splitlines()[0]
    assert message.endswith("expected at most 1500, what the interface carries, found 3000")


def test_forged_replies_are_rejected(long_chain: Chain) -> None:
    target, host = (find(v6=False) for find in (long_chain.target, long_chain.host))
    forger = long_chain.at(1, sys.executable, "-c", FORGER, target, host)
    with subprocess.Popen(forger, stdin=subprocess.PIPE) as forging:
        events = long_chain.netsonde("ping", target, "--count=20", "--interval-ms=100")
        forging.communicate()
    assert forging.returncode == 0
    [result] = [event for event in events if event["type"] == "ping"]
    assert [reply["attempt"] for reply in result["replies"]] == list(range(1, 21))
    assert {reply["responder"] for reply in result["replies"]} == {target}
    counters = events[-1]["counters"]
    assert counters["received"] == 20
    # 200 forged echo replies and 200 forged errors come while the ping runs; fewer if others work.
    assert counters["rejected"] >= 50, counters


@pytest.mark.parametrize("target", ["192.0.2.1", "2001:db8::1"])
def test_no_route_is_told_before_anything_is_sent(long_chain: Chain, target: str) -> None:
    last = len(long_chain.nodes) - 1
    command = long_chain.at(last, NETSONDE, "ping", target, "--allow-special-purpose")
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 4
    message, hint = done.stderr.splitlines()
    assert message == f"error: no route to {target}: Network is unreachable"
    assert hint.startswith("hint: `ip -")
