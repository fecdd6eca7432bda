"""One netsonde trace beside one scamper trace, on the same chain of network namespaces.

Both send at most 1,000 packets per second, one attempt a TTL. The runs alternate, so that both see
the same load; the medians are printed, with the load average. Needs root and scamper.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from netsonde import _core
from netsonde.measure import _engine_process

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.system.chain import NETSONDE, Chain

RUNS = 9
ROUTERS = 3
RATE_PPS = 1_000


class Run(NamedTuple):
    """What one trace cost; CPU and memory are those of all its processes."""

    wall_ms: float
    cpu_ms: float
    memory_mib: float
    sent: int


def main() -> int:
    """Measure, print, clean up."""
    if os.geteuid() != 0 or shutil.which("scamper") is None:
        print("skipped: needs root, and the program scamper")
        return 0
    chain = Chain(ROUTERS)
    try:
        chain.build()
        target = chain.target(v6=False)
        rate = f"--rate-pps={RATE_PPS}"
        trace = ("trace", target, "--attempts=1", "--json", "--allow-special-purpose", rate)
        paris = f"trace -P icmp-paris -q 1 {target}"
        programs: dict[str, tuple[Sequence[str], Callable[[str], int]]] = {
            "netsonde": ([NETSONDE, *trace], _sent_by_netsonde),
            "netsonde, one TTL at a time": ([NETSONDE, *trace, "--window=1"], _sent_by_netsonde),
            "scamper": (["scamper", "-O", "json", f"-p{RATE_PPS}", "-I", paris], _sent_by_scamper),
        }
        found: dict[str, list[Run]] = {name: [] for name in programs}
        for _ in range(RUNS):
            for name, (command, sent) in programs.items():
                found[name].append(_measure(chain.at(0, *command), sent))
    finally:
        chain.delete()
    print(f"one trace over {ROUTERS} routers, medians of {RUNS}; load {os.getloadavg()[0]:.1f}")
    for name, runs in found.items():
        _print(name, runs)
    # A job that is none: the engine's process starts, seals itself, refuses it and ends.
    starts_ms = [_start_engine_ms() for _ in range(RUNS)]
    print(f"netsonde's engine: start and end  {statistics.median(starts_ms):.1f} ms")
    return 0


def _measure(command: list[str], sent: Callable[[str], int]) -> Run:
    start_ns = time.monotonic_ns()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None, "it was piped"
        printed = running.stdout.read()
        # With what the process and those it waited for have used.
        _, status, usage = os.wait4(running.pid, 0)
        wall_ns = time.monotonic_ns() - start_ns
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode != 0:
        message = f"{' '.join(command)}: status {running.returncode}"
        raise SystemExit(message)
    cpu_s = usage.ru_utime + usage.ru_stime
    return Run(wall_ns / 1e6, cpu_s * 1e3, usage.ru_maxrss / 1024, sent(printed))


def _start_engine_ms() -> float:
    sockets = _core.open_link(raw=True, v4=True, v6=True, udp=False)
    named = ",".join(f"{role}={descriptor}" for role, descriptor in sockets)
    program = [sys.executable, "-I", "-S", "-B", _engine_process.__file__, str(_core.__file__)]
    program += [named, str(RATE_PPS)]
    descriptors = [descriptor for _, descriptor in sockets]
    start_ns = time.monotonic_ns()
    subprocess.run(
        [*program, named, "100"],
        input=b"{}\n",
        pass_fds=descriptors,
        check=True,
        capture_output=True,
    )
    elapsed_ns = time.monotonic_ns() - start_ns
    for descriptor in descriptors:
        os.close(descriptor)
    return elapsed_ns / 1e6


def _sent_by_netsonde(printed: str) -> int:
    done = json.loads(printed.splitlines()[-1])
    return int(done["counters"]["sent"])


def _sent_by_scamper(printed: str) -> int:
    records = [json.loads(line) for line in printed.splitlines()]
    return sum(int(record["probe_count"]) for record in records if record["type"] == "trace")


def _print(name: str, runs: list[Run]) -> None:
    units = (
        ("wall", "ms"),
        ("CPU", "ms"),
        ("memory of the largest process", "MiB"),
        ("sent", "packets"),
    )
    for (what, unit), values in zip(units, zip(*runs, strict=True), strict=True):
        print(f"{name}: {what}  {statistics.median(values):.1f} {unit}")


if __name__ == "__main__":
    sys.exit(main())
