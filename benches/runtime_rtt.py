"""What a runtime adds to a round trip: echo requests over its card to this host's own kernel.

The wire has no length, so what is measured is the runtime's, and the few microseconds of the kernel
that answers. Run it as root, on a quiet machine: `python benches/runtime_rtt.py`.
"""

import asyncio
import os
import statistics
import subprocess
import sys
from pathlib import Path

from netsonde.measure import job, request
from netsonde.model import Kind, PingResult, Target
from netsonde.runtime import HostNetwork, Runtime, RuntimeVantage

#: Echo requests of one run, and their rate.
COUNT, RATE_PPS = 300, 100
#: This host's end of the first network.
GATEWAY = "100.127.240.1"
RUNTIMES = ("process", "podman", "docker", "unikernel")


async def round_trips_us(name: str) -> list[float]:
    """Return the round-trip times over the card of a runtime, in microseconds."""
    runtime = Runtime(name, HostNetwork())
    vantage = RuntimeVantage(runtime)
    options = {"count": COUNT, "interval_ms": 1_000 // RATE_PPS, "rate_pps": RATE_PPS}
    target = Target(address=GATEWAY, source=vantage.source(GATEWAY))
    task = job(request(Kind.PING, {**options, "allow_special_purpose": True}), vantage, [target])
    async with runtime.start(task) as run:
        results = [event async for event in run if isinstance(event, PingResult)]
    return [reply.rtt_ns / 1_000 for result in results for reply in result.replies]


def main() -> None:
    """Measure each runtime, and print a table."""
    print(f"load {os.getloadavg()[0]:.1f}, {COUNT} echo requests at {RATE_PPS}/s, microseconds")
    print("| runtime | median | 5th percentile | 95th percentile | replies |")
    print("| --- | --- | --- | --- | --- |")
    for name in RUNTIMES:
        found = asyncio.run(round_trips_us(name))
        cuts = statistics.quantiles(found, n=20)
        row = (name, f"{statistics.median(found):.0f}", f"{cuts[0]:.0f}", f"{cuts[-1]:.0f}")
        print(f"| {' | '.join(row)} | {len(found)} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        # In a namespace of its own, which forwards: nothing of this host is touched.
        inside = (
            f"sysctl -qw net.ipv4.ip_forward=1 && exec {sys.executable} {Path(__file__)} inside"
        )
        sys.exit(subprocess.run(["unshare", "--net", "sh", "-c", inside], check=False).returncode)
    main()
