"""Runs end by their last event, or are told to have ended otherwise."""

import asyncio
import sys
from pathlib import Path

import pytest

from netsonde.model import Event, Failed, HostError, RuntimeRecord, Start
from netsonde.runtime import Limits, Run
from netsonde.runtime import _run as module
from netsonde.runtime._launch import Launch
from netsonde.runtime._run import started
from tests.runtime.stand_in import asked, done, program

RECORD = RuntimeRecord(name="process", image="sha256:00", rtt_bias_ns=7)


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("run") / "stand-in"
    file.write_bytes(program())
    file.chmod(0o755)
    return file


async def run(file: Path, origin: str, limits: Limits | None = None, **more: object) -> list[Event]:
    launch = Launch([str(file)], stdin=asked(origin) + b"\n", **more)  # type: ignore[arg-type]
    async with started(launch, limits or Limits(), RECORD) as under_way:
        return [event async for event in under_way]


def test_events_come_and_say_where_from(stand_in: Path) -> None:
    start, last = asyncio.run(run(stand_in, ""))
    assert isinstance(start, Start)
    assert start.runtime == RECORD
    assert done(last)


@pytest.mark.parametrize(
    ("origin", "complaint"),
    [
        ("crash", r"ended without a result \(was ended by SIGSEGV\): it hurts"),
        ("silent", r"ended without a result \(status 0\)"),
        ("call", "a system call that is forbidden"),
        ("nonsense", "what is no event"),
    ],
)
def test_another_end_is_told(stand_in: Path, origin: str, complaint: str) -> None:
    with pytest.raises(HostError, match=complaint):
        asyncio.run(run(stand_in, origin))


def test_the_console_has_a_limit(stand_in: Path) -> None:
    with pytest.raises(HostError, match="wrote more than 100000 octets"):
        asyncio.run(run(stand_in, "flood", Limits(console_bytes=100_000)))


def test_time_has_a_limit(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.1)
    with pytest.raises(HostError, match="took longer than 1 s"):
        asyncio.run(run(stand_in, "wait", Limits(time_s=1)))


def test_a_program_that_cannot_start_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="cannot start"):
        asyncio.run(run(tmp_path / "none", ""))


def test_a_failed_preparation_ends_it(stand_in: Path) -> None:
    async def prepare() -> None:
        raise HostError("no card")

    with pytest.raises(HostError, match="no card"):
        asyncio.run(run(stand_in, "", prepare=prepare))


@pytest.mark.parametrize("takes_stop", [True, False])
def test_stopped_it_ends_with_what_it_has(stand_in: Path, takes_stop: bool) -> None:
    async def stopped() -> list[Event]:
        launch = Launch([str(stand_in)], stdin=asked("wait") + b"\n", takes_stop=takes_stop)
        found = []
        async with started(launch, Limits(), RECORD) as under_way:
            async for event in under_way:
                found.append(event)
                under_way.stop()
        return found

    found = asyncio.run(stopped())
    assert isinstance(found[0], Start)
    assert done(found[-1]) == takes_stop


def test_left_early_nothing_runs_any_more(stand_in: Path) -> None:
    async def left() -> Run:
        launch = Launch([str(stand_in)], stdin=asked("wait") + b"\n", takes_stop=True)
        async with started(launch, Limits(), RECORD) as under_way:
            pass
        return under_way

    assert asyncio.run(left())._process.returncode == -9


def test_failed_is_an_end_too() -> None:
    text = '{"type":"failed","reason":"no card","hint":""}'
    launch = Launch([sys.executable, "-I", "-c", f"print('{text}')"])

    async def failed() -> list[Event]:
        async with started(launch, Limits(), RECORD) as under_way:
            return [event async for event in under_way]

    assert asyncio.run(failed()) == [Failed(reason="no card")]


@pytest.mark.parametrize("prepared", [True, False])
def test_a_stop_before_the_job_follows_it(stand_in: Path, prepared: bool) -> None:
    async def stopped() -> list[Event]:
        ready = asyncio.Event()

        async def prepare() -> None:
            await ready.wait()

        launch = Launch([str(stand_in)], stdin=asked("wait") + b"\n", takes_stop=True)
        launch = launch._replace(prepare=prepare if prepared else None)
        async with started(launch, Limits(time_s=20), RECORD) as under_way:
            under_way.stop()
            ready.set()
            return [event async for event in under_way]

    assert done(asyncio.run(stopped())[-1])


def test_what_waits_for_what_is_gone_is_ended(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["", "the container"]

    async def gone() -> str:
        return answers.pop(0)

    monkeypatch.setattr(module, "QUIET_S", 0.05)
    with pytest.raises(HostError, match="the container is gone, without a result"):
        asyncio.run(run(stand_in, "wait", gone=gone))


def test_after_its_end_nothing_else_is_killed(stand_in: Path) -> None:
    async def again() -> bool:
        launch = Launch([str(stand_in)], stdin=asked("wait") + b"\n", takes_stop=True)
        async with started(launch, Limits(), RECORD) as first:
            pass
        async with started(launch, Limits(), RECORD) as second:
            # It has the number of the first one's descriptor by now.
            first.stop_at_once()
            events = []
            async for event in second:
                second.stop()
                events.append(event)
            return done(events[-1])

    assert asyncio.run(again())
