"""Round trips at 100,000 packets per second beside a capture on the same interface.

Prints the error at the 50th and the 99th percentile: the round trip that is reported less the one
that the interface saw, without sign. Needs root, dumpcap and tshark.
"""

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.system.capture import sweep
from tests.system.veth import ANSWERING, World

RUNS = 5
RATE = 100_000


def main() -> int:
    """Measure and print."""
    if os.geteuid() != 0 or shutil.which("dumpcap") is None:
        print("skipped: needs root, and the programs dumpcap and tshark")
        return 0
    found: dict[int, list[float]] = {50: [], 99: []}
    compared = []
    with World() as world:
        for _ in range(RUNS):
            with tempfile.TemporaryDirectory() as place:
                times, rtts_ns = sweep(world, Path(place), ANSWERING, f"--rate={RATE}")
            errors = times.errors_ns(rtts_ns)
            compared.append(len(errors))
            for percentile, values in found.items():
                values.append(errors[len(errors) * percentile // 100] / 1e6)
    print(f"{min(compared)} round trips or more, medians of {RUNS}; load {os.getloadavg()[0]:.1f}")
    for percentile, values in found.items():
        print(f"error of round trips, {percentile} %  {statistics.median(values):.4f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
