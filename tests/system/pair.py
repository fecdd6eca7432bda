"""Two namespaces and a veth pair: the far kernel answers for whole prefixes.

Addresses are of the benchmark range (RFC 2544, RFC 5180): the link is 198.18.7.0/24 and
2001:2:0:7::/64, and what the far side answers for is `ANSWERED_V4` and `ANSWERED_V6`.
"""

import itertools
import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

ANSWERED_V4 = "198.19.0.0/16"
ANSWERED_V6 = "2001:2:0:8000::/49"
NETSONDE = str(Path(sys.executable).with_name("netsonde"))

#: One address of each family that the far side answers for.
_ANSWERING = ("198.19.3.7", "2001:2:0:8000::7")
_RECORD = struct.Struct("<q16s")
_numbers = itertools.count()

#: Writes the time and the destination of every echo request that comes in, until it is ended.
_CAPTURE = """
import socket, struct, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
link.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # SO_RCVBUFFORCE
link.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
link.bind(("near", 3))
out = open(sys.argv[1], "wb", buffering=0)
print("ready", flush=True)
while True:
    packet, ancillary, _, address = link.recvmsg(128, 64)
    if address[2] == socket.PACKET_OUTGOING:
        continue
    if packet[0] >> 4 == 4 and packet[9] == 1 and packet[20] == 8:
        destination = packet[16:20]
    elif packet[0] >> 4 == 6 and packet[6] == 58 and packet[40] == 128:
        destination = packet[24:40]
    else:
        continue
    seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
    out.write(struct.pack("<q16s", seconds * 10**9 + nanoseconds, destination.ljust(16, b"\\xff")))
"""


class Request(NamedTuple):
    """An echo request that reached the far side."""

    time_ns: int
    destination: str


class Pair:
    """Two joined namespaces, the host's and one that answers."""

    def __init__(self) -> None:
        stem = f"sondepair{os.getpid()}-{next(_numbers)}"
        self.host, self.far = f"{stem}-a", f"{stem}-b"

    def build(self) -> None:
        """Make the namespaces, the link, the addresses and the routes."""
        for node in (self.host, self.far):
            _run("ip", "netns", "add", node)
            _run("ip", "-n", node, "link", "set", "lo", "up")
        peer = ("peer", "name", "near", "netns", self.far)
        _run("ip", "-n", self.host, "link", "add", "far", "type", "veth", *peer)
        for node, device, side in ((self.host, "far", 1), (self.far, "near", 2)):
            _run("ip", "-n", node, "address", "add", f"198.18.7.{side}/24", "dev", device)
            v6 = f"2001:2:0:7::{side}/64"
            _run("ip", "-n", node, "address", "add", v6, "dev", device, "nodad")
            _run("ip", "-n", node, "link", "set", device, "up")
        for prefix, way in ((ANSWERED_V4, "198.18.7.2"), (ANSWERED_V6, "2001:2:0:7::2")):
            _run("ip", "-n", self.far, "route", "add", "local", prefix, "dev", "lo")
            _run("ip", "-n", self.host, "route", "add", prefix, "via", way)
        answering = ("net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
        _run("ip", "netns", "exec", self.far, "sysctl", "-qw", *answering)
        for address in ("198.18.7.2", "2001:2:0:7::2"):
            self.run("ping", "-q", "-n", "-c", "1", "-w", "30", address)

    def delete(self) -> None:
        """Delete what was made."""
        for node in (self.host, self.far):
            subprocess.run(["ip", "netns", "del", node], check=False, capture_output=True)

    def at(self, *command: str) -> list[str]:
        """Return the command that runs another one at the host."""
        return ["ip", "netns", "exec", self.host, *command]

    def run(self, *command: str) -> str:
        """Run a command at the host; return what it prints."""
        return _run(*self.at(*command))

    def forward(self) -> None:
        """Let the host forward packets."""
        forwarding = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        self.run("sysctl", "-qw", *forwarding)

    def pings_behind(self, runtime: str) -> dict[str, str]:
        """Ping the far side from behind the host, by both families; return what ran.

        Args:
            runtime: What sends: it has a network of its own behind the host.
        """
        command = [NETSONDE, "ping", "-c", "2", "--allow-special-purpose", "--json", *_ANSWERING]
        done = subprocess.run(
            self.at(*command, "--runtime", runtime),
            check=False,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stderr
        events = [json.loads(line) for line in done.stdout.splitlines()]
        results = [event for event in events if event["type"] == "ping"]
        hops = [[reply["reply_ttl"] for reply in one["replies"]] for one in results]
        # One hop more than the kernel's own: the host forwards.
        assert hops == [[63, 63]] * len(_ANSWERING)
        ran: dict[str, str] = events[0]["runtime"]
        return ran

    @contextmanager
    def capture(self, file: Path) -> Iterator[None]:
        """Write down the echo requests that reach the far side meanwhile."""
        command = ["ip", "netns", "exec", self.far, sys.executable, "-c", _CAPTURE, str(file)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        try:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.kill()
            process.wait()


def requests(file: Path) -> list[Request]:
    """Return what a capture has, in order of time."""
    data = file.read_bytes()
    data = data[: len(data) // _RECORD.size * _RECORD.size]
    found = []
    for time_ns, raw in _RECORD.iter_unpack(data):
        packed = raw[:4] if raw[4:] == b"\xff" * 12 else raw
        found.append(Request(time_ns, str(ip_address(packed))))
    return sorted(found)


def most_in_a_second(times_ns: list[int]) -> int:
    """Return how many fall into the fullest window of one second, wherever it begins."""
    most = first = 0
    for index, time_ns in enumerate(times_ns):
        while time_ns - times_ns[first] >= 1_000_000_000:
            first += 1
        most = max(most, index - first + 1)
    return most


def _run(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}\n{done.stderr}"
    return done.stdout
