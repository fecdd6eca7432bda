"""Speed of reading and writing warts files: traces of ten hops with labels, medians of five."""

import statistics
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from netsonde import formats

_CAPTURE = Path(__file__).parents[1] / "tests" / "captures" / "trace-labels.warts"
_COPIES = 1_000
_ROUNDS = 5


def main() -> None:
    """Print hops a second."""
    kept = [one for one in formats.read(_CAPTURE) if isinstance(one, formats.ScamperTrace)]
    traces = kept * _COPIES
    hops = sum(len(trace.hops) for trace in traces)
    file = BytesIO()
    formats.write(file, traces, "warts")
    data = file.getvalue()
    print(f"{len(data):_} bytes, {len(traces):_} traces, {hops:_} hops")
    programs: dict[str, Callable[[], object]] = {
        "warts written": lambda: formats.write(BytesIO(), traces, "warts"),
        "warts read": lambda: sum(1 for _ in formats.read(BytesIO(data))),
        "warts to results": lambda: sum(
            formats.measured(one) is not None for one in formats.read(BytesIO(data))
        ),
        "warts to JSON Lines": lambda: formats.write(
            BytesIO(), formats.read(BytesIO(data)), "jsonl"
        ),
    }
    for name, program in programs.items():
        print(f"{name}  {hops / _median(program):_.0f} hops/s")


def _median(program: Callable[[], object]) -> float:
    """Return the median time of a program, in seconds."""
    times = []
    for _ in range(_ROUNDS):
        started_ns = time.perf_counter_ns()
        program()
        times.append(time.perf_counter_ns() - started_ns)
    return statistics.median(times) / 1e9


if __name__ == "__main__":
    main()
