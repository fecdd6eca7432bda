"""The writer loses nothing that it said it has."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netsonde.model import FormatError, UsageError
from netsonde.store import Dataset, Run, _writer
from tests.store.rooms import Stream, chunks, dataset, ping, trace

#: Appends pings and says each time how many are appended; parts are made all the time.
_ENDLESS = """
import sys
from netsonde.store import Dataset
from tests.store.rooms import Stream, ping, trace
stream = Stream()
with Dataset(sys.argv[1]).writer(part_rows=40) as writer:
    for number in range(1_000_000):
        address = f"5.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        for table, chunk in stream.chunks([ping(address), trace(address, "5.0.0.1", None)]):
            writer.append(table, chunk)
        print(number + 1, flush=True)
"""

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_killed_writer_loses_nothing_it_has_appended(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    appended = 0
    for _ in range(2):
        appended += _appended_until_killed(tmp_path, chance.uniform(0.0, 0.6))
        found = Dataset(tmp_path)
        # What the last append had done so far may be there too.
        for results in (list(found.pings()), list(found.traces())):
            assert appended <= len(results) <= appended + 1
        appended = len(list(found.pings()))
    with found.writer():
        pass
    assert len(list(found.pings())) == appended
    assert not list((tmp_path / "spool").iterdir())


def _appended_until_killed(path: Path, seconds: float) -> int:
    """Return how many results a process has appended when it is killed."""
    command = [sys.executable, "-c", _ENDLESS, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        deadline = time.monotonic() + seconds
        last = 1
        while time.monotonic() < deadline:
            last = int(process.stdout.readline())
        process.kill()
        return max([last, *map(int, process.stdout.read().split())])


def test_parts_are_made_while_it_writes(tmp_path: Path) -> None:
    found, stream = Dataset(tmp_path), Stream()
    with found.writer(part_rows=3) as writer:
        for number in range(10):
            for table, chunk in stream.chunks([trace(f"5.1.0.{number}", "5.0.0.1", "5.0.0.2")]):
                writer.append(table, chunk)
    assert len(found.contents().files("hops")) == 5
    assert [one.target for one in found.traces()] == [f"5.1.0.{number}" for number in range(10)]


def test_parts_are_made_of_few_rows_when_time_has_passed(tmp_path: Path) -> None:
    found = Dataset(tmp_path)
    with found.writer(part_ns=0) as writer:
        for target in ("5.1.0.1", "5.1.0.2"):
            for table, chunk in chunks([ping(target)]):
                writer.append(table, chunk)
            writer.restart()
    assert len(found.contents().files("pings")) == 2


def test_another_engine_begins_at_0_again_and_numbers_stay_unique(tmp_path: Path) -> None:
    found = Dataset(tmp_path)
    events = [trace(f"5.1.0.{number}", "5.0.0.1") for number in range(6)]
    with found.writer() as writer:
        for half in (events[:3], events[3:]):
            for table, chunk in chunks(half):
                writer.append(table, chunk)
            writer.restart()
    assert list(found.traces()) == events
    (first,) = chunks([ping("5.1.0.1")])
    with found.writer() as writer:
        writer.append(*first)
        with pytest.raises(UsageError, match="numbers of pings go back to 0"):
            writer.append(*first)


def test_damaged_rows_are_refused_and_nothing_else_is_lost(tmp_path: Path) -> None:
    found = Dataset(tmp_path)
    with found.writer() as writer:
        ((table, chunk),) = chunks([ping("5.1.0.1")])
        writer.append(table, chunk)
        for wrong in (chunk[: len(chunk) // 2], b"", chunk.replace(b"pings", b"tings")[:-900]):
            with pytest.raises(FormatError):
                writer.append(table, wrong)
        with pytest.raises(UsageError, match="no table named horses"):
            writer.append("horses", chunk)
    assert [one.target for one in found.pings()] == ["5.1.0.1"]


async def _asynchronously(found: Dataset) -> None:
    async with found.writer() as writer:
        for table, chunk in chunks([ping("5.1.0.1")]):
            writer.append(table, chunk)


def test_it_closes_from_a_coroutine_too(tmp_path: Path) -> None:
    import asyncio

    asyncio.run(_asynchronously(Dataset(tmp_path)))
    assert len(list(Dataset(tmp_path).pings())) == 1


def test_the_run_says_how_it_ended(tmp_path: Path) -> None:
    found = Dataset(tmp_path)
    with found.writer(Run(seed=7)) as writer:
        writer.finish(ended="2026-01-01T00:00:00Z", counters={"sent": 5})
    assert found.runs()[writer.run].counters == {"sent": 5}


def test_what_goes_wrong_behind_is_raised_and_the_spool_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = dataset(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    writer = found.writer()
    for table, chunk in chunks([ping("5.1.0.1")]):
        writer.append(table, chunk)
    with monkeypatch.context() as patch:
        patch.setattr(_writer, "settle", full)
        with pytest.raises(OSError, match="No space left"):
            writer.close()
    writer.close()
    assert len(list(found.pings())) == 1
    with found.writer():
        pass
    assert len(found.contents().files("pings")) == 1
