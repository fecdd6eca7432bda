"""Targets that stream into the engine's process, and frames that stream out of it."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest

from netsonde.measure._host import Host
from netsonde.measure._streams import (
    END,
    EVENT,
    TABLE,
    TARGET_BYTES,
    TARGETS,
    TARGETS_PER_FRAME,
    Frame,
    _split_frames,
    _split_lines,
    feed,
    pack,
)
from netsonde.model import Target
from tests.measure.test_host import job


def streamed(**fields: object) -> bytes:
    """Return a ping of targets that will come, once each."""
    asked = json.loads(job(count=1))
    return json.dumps({**asked, "targets": [], "stream_targets": True, **fields}).encode()


def loopback(count: int, version: int = 4) -> bytes:
    """Return packed targets: addresses of this host."""
    if version == 6:
        return pack([Target(address="::1", source="::1")]) * count
    numbers = [divmod(number, 250) for number in range(count)]
    return pack(Target(address=f"127.1.{a}.{b + 1}", source="127.0.0.1") for a, b in numbers)


def collect(
    asked: bytes, chunks: AsyncIterator[bytes], stop: asyncio.Event | None = None
) -> list[dict[str, Any]]:
    """Return the events of a job whose targets stream in."""

    async def run() -> list[dict[str, Any]]:
        stream = Host("none").stream(asked, chunks, stop or asyncio.Event())
        return [json.loads(frame.payload) async for frame in stream if frame.kind == EVENT]

    return asyncio.run(run())


async def chunks_of(packed: bytes, records: int) -> AsyncIterator[bytes]:
    """Yield packed targets, so many at once."""
    for start in range(0, len(packed), records * TARGET_BYTES):
        await asyncio.sleep(0)
        yield packed[start : start + records * TARGET_BYTES]


@pytest.mark.parametrize("output", ["events", "columns"])
@pytest.mark.parametrize("version", [4, 6])
def test_streamed_targets_are_measured(output: str, version: int) -> None:
    asked = streamed(rate_pps=20_000, in_flight_max=50, output=output)
    packed = loopback(700, version)
    [start, *events] = collect(asked, chunks_of(packed, 33))
    assert start["type"] == "start"
    if output == "events":
        answered = [event for event in events if event["type"] == "ping" and event["replies"]]
        assert len(answered) == 700
    assert (events[-1]["type"], events[-1]["targets_done"]) == ("done", 700)


def test_targets_are_asked_for_as_they_are_needed() -> None:
    """A rate of ten a second needs no million targets in the pipe."""
    asked_for = 0
    stop = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked_for
        packed = loopback(TARGETS_PER_FRAME)
        for _ in range(1_000):
            asked_for += TARGETS_PER_FRAME
            yield packed
        stop.set()

    async def run() -> list[bytes]:
        found = []
        async for frame in Host("none").stream(streamed(rate_pps=10), endless(), stop):
            found.append(frame.payload)
            if len(found) > 10:
                stop.set()
        return found

    events = asyncio.run(run())
    assert json.loads(events[-1])["type"] == "done"
    assert 16_384 <= asked_for < 100_000


def test_targets_that_fail_end_the_job_and_are_told() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield loopback(3)
        await asyncio.sleep(0.05)
        raise ValueError("the file ends in the middle of a line")

    with pytest.raises(ValueError, match="in the middle of a line"):
        collect(streamed(), broken())


def test_a_bad_target_fails_the_job() -> None:
    asked = pack([Target(address="224.0.0.1", source="127.0.0.1")])
    events = collect(streamed(), chunks_of(asked, 1))
    assert events[-1]["type"] == "failed"
    assert "targets[0]" in events[-1]["reason"]


def test_octets_that_are_no_targets_interrupt() -> None:
    events = collect(streamed(), chunks_of(b"\x05" * TARGET_BYTES, 1))
    assert events[-1]["type"] == "done"
    assert events[-1]["targets_done"] == 0


def test_targets_are_cut_into_frames() -> None:
    class Writer:
        def __init__(self) -> None:
            self.written = b""

        def write(self, data: bytes) -> None:
            self.written += data

        async def drain(self) -> None: ...

    writer = Writer()
    packed = loopback(TARGETS_PER_FRAME + 1)
    asyncio.run(feed(writer, b"{\n}", chunks_of(packed, 10**6)))  # type: ignore[arg-type]
    line, _, rest = writer.written.partition(b"\n")
    kept = bytearray(rest)
    found = _split_frames(kept)
    assert (line, bytes(kept)) == (b"{ }", b"")
    assert [frame.kind for frame in found] == [TARGETS, TARGETS, END]
    assert b"".join(frame.payload for frame in found) == packed


def test_frames_and_lines_survive_any_cut() -> None:
    frames = [(EVENT, b"{}"), (TABLE, b"\x03arrow"), (EVENT, b"")]
    data = b"".join(struct.pack("<cI", kind, len(payload)) + payload for kind, payload in frames)
    expected = [Frame(EVENT, 0, b"{}"), Frame(TABLE, 3, b"arrow"), Frame(EVENT, 0, b"")]
    for cut in range(len(data) + 1):
        kept = bytearray(data[:cut])
        first = _split_frames(kept)
        kept += data[cut:]
        assert (first + _split_frames(kept), bytes(kept)) == (expected, b"")
    kept = bytearray(b'{"a":1}\n{"b')
    assert (_split_lines(kept), bytes(kept)) == ([Frame(EVENT, 0, b'{"a":1}')], b'{"b')
