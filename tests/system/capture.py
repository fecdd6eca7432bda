"""A capture of echo requests and replies, and the rows of a sweep beside it."""

import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from tests.system.veth import World

SWEEP = Path(__file__).parents[2] / "benches/packets/sweep.py"
#: Seconds that a capture may need for the last packets.
LAST_S = 5
_FIELDS = ("icmp.type", "ip.src", "ip.dst", "frame.time_epoch")


class Times(NamedTuple):
    """When requests to, and replies from, each address passed the interface, in nanoseconds."""

    sent_ns: dict[str, int]
    received_ns: dict[str, int]

    def errors_ns(self, rtts_ns: dict[str, int]) -> list[int]:
        """Return how far round trips are from those that the interface saw, smallest first.

        A capture may lose some packets; round trips of which it has both ends count.
        """
        both = self.sent_ns.keys() & self.received_ns.keys() & rtts_ns.keys()
        seen_ns = {address: self.received_ns[address] - self.sent_ns[address] for address in both}
        return sorted(abs(rtts_ns[address] - seen_ns[address]) for address in both)


def sweep(world: World, place: Path, prefix: str, *options: str) -> tuple[Times, dict[str, int]]:
    """Sweep a prefix; return what the interface saw, and the round trips in the rows."""
    file, rows = place / "capture.pcapng", place / "rows"
    dumpcap = ["dumpcap", "-q", "-i", "wire", "-B", "128", "-f", "icmp", "-w", str(file)]
    # It ends by itself once it has all: ended by a signal, it leaves out what it has not read yet.
    dumpcap.append(f"-c{2 * ip_network(prefix).num_addresses}")
    with subprocess.Popen(world.near(*dumpcap), stderr=subprocess.PIPE, text=True) as capturing:
        assert capturing.stderr is not None, "it was piped"
        while "File:" not in capturing.stderr.readline():
            pass
        world.run(sys.executable, str(SWEEP), prefix, f"--rows={rows}", *options)
        try:
            capturing.communicate(timeout=LAST_S)
        except subprocess.TimeoutExpired:
            capturing.terminate()
            capturing.communicate()
    return _times(file), _rtts_ns(rows)


def _times(file: Path) -> Times:
    fields = [part for field in _FIELDS for part in ("-e", field)]
    command = ["tshark", "-n", "-r", str(file), "-T", "fields", "-E", "separator=,", *fields]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    times = Times({}, {})
    for line in shown.stdout.splitlines():
        kind, source, destination, at = line.split(",")
        whole, _, part = at.partition(".")
        at_ns = int(whole) * 10**9 + int(part.ljust(9, "0")[:9])
        if kind == "8":
            times.sent_ns[destination] = at_ns
        elif kind == "0":
            times.received_ns[source] = at_ns
    return times


def _rtts_ns(file: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    reader = pa.BufferReader(file.read_bytes())
    while reader.tell() < reader.size():
        table = pa.ipc.open_stream(reader).read_all()
        targets, rtts = table.column("target").to_pylist(), table.column("rtt_ns").to_pylist()
        pairs = zip(targets, rtts, strict=True)
        found.update((target, rtt) for target, rtt in pairs if rtt is not None)
    return found
