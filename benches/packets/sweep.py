"""One ping sweep by netsonde, in the namespace that it is started in; prints one JSON object.

What is measured is the whole way: packed targets stream in, every reply is parsed, and the rows
are stored as they come, as Arrow IPC streams in a file.
"""

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import AsyncIterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal

from netsonde import _core
from netsonde.measure._host import Host
from netsonde.measure._streams import EVENT, TARGET_BYTES

#: Targets handed over at once.
CHUNK = 4_096


def main() -> int:
    """Sweep, print, return 0 if the job was done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prefix")
    parser.add_argument("--rate", type=int, default=1_000_000)
    parser.add_argument("--link", choices=["auto", "packet", "raw"], default="auto")
    parser.add_argument("--rows", type=Path, default=Path("/dev/null"))
    parser.add_argument("--timeout-ms", type=int, default=1_000)
    parser.add_argument("--in-flight", type=int, default=1 << 16)
    given = parser.parse_args()
    done = asyncio.run(sweep(given))
    json.dump(done, sys.stdout)
    return int(done["type"] != "done")


async def sweep(given: argparse.Namespace) -> dict[str, Any]:
    """Return the last event, with what the sweep cost."""
    link: Literal["auto", "packet", "raw"] = given.link
    host = Host("raw", link)
    started_s = time.monotonic()
    stored, last = 0, b"{}"
    targets = chunks(host, addresses(given.prefix))
    with given.rows.open("wb") as rows:
        async for frame in host.stream(job(given), targets, asyncio.Event()):
            if frame.kind == EVENT:
                last = frame.payload
            else:
                stored += rows.write(frame.payload)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    return {
        **json.loads(last),
        "wall_s": time.monotonic() - started_s,
        "stored_bytes": stored,
        "engine_cpu_s": children.ru_utime + children.ru_stime,
        "engine_memory_kib": children.ru_maxrss,
        "python_cpu_s": own.ru_utime + own.ru_stime,
    }


def job(given: argparse.Namespace) -> bytes:
    """Return a job of one echo request for each target that comes."""
    fields = {
        "schema": _core.SCHEMA,
        "id": "0",
        "kind": "ping",
        "targets": [],
        "stream_targets": True,
        "output": "columns",
        "ping": {"method": "icmp", "count": 1, "size": 44, "timeout_ms": given.timeout_ms},
        "rate_pps": given.rate,
        "in_flight_max": given.in_flight,
        "seed": 1,
        "key": os.urandom(16).hex(),
    }
    return json.dumps(fields).encode()


def addresses(prefix: str) -> bytes:
    """Return the packed addresses of a prefix, spread over it; sources are open."""
    network = ip_network(prefix)
    first, count = int(network.network_address), network.num_addresses
    # An odd step visits every address of a power of two once.
    step = count * 5 // 8 | 1
    packed = bytearray(TARGET_BYTES * count)
    width = 4 if network.version == 4 else 16
    for place in range(count):
        start = place * TARGET_BYTES
        number = first + place * step % count
        packed[start] = network.version
        packed[start + 1 : start + 1 + width] = ip_address(number).packed
    return bytes(packed)


async def chunks(host: Host, packed: bytes) -> AsyncIterator[bytes]:
    """Yield the targets with their sources."""
    routes = host.routes()
    for start in range(0, len(packed), CHUNK * TARGET_BYTES):
        filled, left = routes.fill(packed[start : start + CHUNK * TARGET_BYTES])
        assert not left, "every target has a route"
        yield filled


if __name__ == "__main__":
    sys.exit(main())
