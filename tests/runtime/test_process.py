"""A process has its card, its limits, and no right."""

import asyncio
from pathlib import Path

import pytest

from netsonde.image import Store
from netsonde.model import Event, Failed, HostError, Start
from netsonde.runtime import LabNetwork, Limits, Runtime
from tests.runtime.stand_in import asked, done, lab


async def events(store: Store, origin: str, limits: Limits | None = None) -> list[Event]:
    runtime = Runtime("process", LabNetwork(lab()), limits=limits, image="stand-in", store=store)
    async with runtime.start(asked(origin)) as run:
        return [event async for event in run]


def failure(store: Store, origin: str) -> str:
    last = asyncio.run(events(store, origin))[-1]
    assert isinstance(last, Failed)
    return last.reason


def test_it_runs_from_the_memory_that_was_verified(store: Store) -> None:
    start, last = asyncio.run(events(store, ""))
    assert isinstance(start, Start)
    assert start.runtime is not None
    assert start.runtime.name == "process"
    assert start.runtime.image == store.find("stand-in").manifest.digest
    assert done(last)


def test_it_is_told_its_card_and_its_time(store: Store) -> None:
    words = failure(store, "words").split()
    assert words[:3] == ["card=ip", "ip=5.1.0.1/30", "ip6=2a00:5:1::1/64"]
    assert "deadline_ms=600000" in words
    assert "eof=stop" in words
    assert any(word.startswith("fd=") for word in words)


@pytest.mark.root
def test_started_by_root_it_is_nobody_without_rights(store: Store) -> None:
    assert failure(store, "rights").split()[1] == "0" * 16
    assert failure(store, "user").split()[1:] == ["65534"] * 4


def test_memory_and_processor_have_limits(store: Store) -> None:
    with pytest.raises(HostError, match="SIGSEGV"):
        asyncio.run(events(store, "eat", Limits(memory_bytes=32 << 20)))
    with pytest.raises(HostError, match="a limit was passed"):
        asyncio.run(events(store, "spin", Limits(cpu_s=1)))


def test_no_descriptor_is_left(store: Store) -> None:
    asyncio.run(events(store, ""))
    before = sorted(path.name for path in Path("/proc/self/fd").iterdir())
    asyncio.run(events(store, ""))
    with pytest.raises(HostError):
        asyncio.run(events(store, "crash"))
    assert sorted(path.name for path in Path("/proc/self/fd").iterdir()) == before
