"""What results cost on disk: bytes per hop, and rows per second beside raw pyarrow.

The sample is a million hops like those of the Internet (`benches/store_sample.py`), seeded.
"""

import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benches.store_sample import traces  # noqa: E402
from netsonde import _core  # noqa: E402
from netsonde.store import Dataset  # noqa: E402

#: Traces of the sample; 14 hops each on average.
TRACES = 70_000
ROUNDS = 5


def main() -> None:
    """Print the figures."""
    chunks = _chunks()
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as place:
        rounds = [_store(Path(place) / str(number), chunks) for number in range(ROUNDS)]
        found = Dataset(Path(place) / "0")
        hops = sum(
            batch.num_rows for unit in found.contents().units for batch in unit.batches("hops")
        )
        _tell(found, hops)
        append, whole = (statistics.median(each) for each in zip(*rounds, strict=True))
        raw = statistics.median(_raw(Path(place), found) for _ in range(ROUNDS))
    print(f"hops appended to spools  {hops / append:,.0f} hops/s")
    print(f"hops into Parquet parts, spools included  {hops / whole:,.0f} hops/s")
    print(f"hops written by pyarrow alone, from memory  {hops / raw:,.0f} hops/s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory, the sample included  {peak} MB")


def _chunks() -> list[tuple[str, bytes]]:
    columns, made = _core.Columns(), []
    for event in traces(TRACES):
        columns.push(event)
        while (chunk := columns.poll_chunk(0)) is not None:
            made.append(chunk)
    columns.flush()
    while (chunk := columns.poll_chunk(0)) is not None:
        made.append(chunk)
    return made


def _store(path: Path, chunks: list[tuple[str, bytes]]) -> tuple[float, float]:
    """Return the seconds that appending took, and those until all was in parts."""
    with Dataset(path).writer() as writer:
        began = time.perf_counter()
        for table, chunk in chunks:
            writer.append(table, chunk)
        appended = time.perf_counter()
    return appended - began, time.perf_counter() - began


def _tell(found: Dataset, hops: int) -> None:
    sizes = {
        table: sum(path.stat().st_size for path in found.contents().files(table))
        for table in ("hops", "traces")
    }
    print(f"hops table on disk  {sizes['hops'] / hops:.2f} bytes/hop")
    print(f"traces table on disk, per hop  {sizes['traces'] / hops:.2f} bytes/hop")
    began = time.perf_counter()
    targets = sum(text.count("\n") + 1 for text in found.finished_targets())
    print(f"finished targets read back  {targets / (time.perf_counter() - began):,.0f} targets/s")


def _raw(place: Path, found: Dataset) -> float:
    """Return the seconds that pyarrow takes with its own settings, rows ready in memory."""
    batches = [batch for unit in found.contents().units for batch in unit.batches("hops")]
    rows = pa.Table.from_batches(batches)
    began = time.perf_counter()
    pq.write_table(rows, place / "raw.parquet", compression="zstd")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
