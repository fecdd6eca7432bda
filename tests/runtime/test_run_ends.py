"""However a program, its reader or what it started behaves, a run ends, and says the truth."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from netsonde.model import Event, HostError, RuntimeRecord, Start
from netsonde.runtime import Limits, Run
from netsonde.runtime import _run as module
from netsonde.runtime._launch import Launch
from netsonde.runtime._run import started
from tests.runtime.stand_in import DONE, START, done

RECORD = RuntimeRecord(name="process", image="sha256:00", rtt_bias_ns=7)
#: Seconds in which a run has to end that does not hang.
_SOON_S = 20
_WORDS = f"""
import os, sys, time
def say(text): os.write(1, text.encode() + b"\\n")
START, DONE = {msgspec.json.encode(START).decode()!r}, {msgspec.json.encode(DONE).decode()!r}
"""


def script(code: str, **more: object) -> Launch:
    return Launch([sys.executable, "-I", "-c", _WORDS + code], **more)  # type: ignore[arg-type]


def run(
    launch: Launch, limits: Limits | None = None, told: Callable[[Run], None] = lambda _: None
) -> list[Event]:
    async def events() -> list[Event]:
        found = []
        async with started(launch, limits or Limits(), RECORD) as under_way:
            async for event in under_way:
                found.append(event)
                told(under_way)
        return found

    return asyncio.run(asyncio.wait_for(events(), _SOON_S))


def test_who_complains_at_length_is_not_held_up() -> None:
    start, last = run(script("say(START); os.write(2, b'x' * (1 << 20)); say(DONE)"))
    assert isinstance(start, Start)
    assert done(last)


@pytest.mark.parametrize("said", ["say(DONE)", "pass"])
def test_what_a_program_started_is_not_waited_for(
    tmp_path: Path, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the pipes for longer: standard input, and that for complaints."""
    monkeypatch.setattr(module, "GRACE_S", 1.0)
    code = f"""
say(START)
if child := os.fork():
    open({str(tmp_path / "child")!r}, "w").write(str(child))
    {said}
else:
    os.close(1); time.sleep(60)
"""
    try:
        if said == "pass":
            with pytest.raises(HostError, match="ended without a result"):
                run(script(code))
        else:
            assert done(run(script(code))[-1])
    finally:
        os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


def test_what_has_the_output_for_longer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.2)
    monkeypatch.setattr(module, "QUIET_S", 0.5)
    file = str(tmp_path / "child")
    code = f"""
say(START)
if child := os.fork():
    open({file!r}, "w").write(str(child))
else:
    time.sleep(60)
"""
    try:
        with pytest.raises(HostError, match="took longer than 1 s"):
            run(script(code), Limits(time_s=1))
    finally:
        os.kill(int(Path(file).read_text()), signal.SIGKILL)


def test_the_last_complaint_is_told() -> None:
    code = "os.write(2, b'a warning\\n'); os.close(1); time.sleep(0.3); os.write(2, b'it hurts\\n')"
    with pytest.raises(HostError, match="it hurts"):
        run(script(code))


def test_a_slow_reader_is_told_of_the_limit_and_not_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.1)

    async def slow() -> int:
        found = 0
        launch = script("say(START); say(START); time.sleep(60)")
        async with started(launch, Limits(time_s=1), RECORD) as under_way:
            async for _ in under_way:
                found += 1
                await asyncio.sleep(1.5 if found == 1 else 0)
        return found

    with pytest.raises(HostError, match="took longer than 1 s"):
        asyncio.run(asyncio.wait_for(slow(), _SOON_S))


def test_the_limit_is_there_where_each_event_is_asked_for_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a loop of the caller's, each event is taken by another task."""
    monkeypatch.setattr(module, "GRACE_S", 0.1)
    launch = script("say(START); time.sleep(60)")
    with asyncio.Runner() as runner:
        entered = started(launch, Limits(time_s=1), RECORD)
        under_way = runner.run(entered.__aenter__())
        events = aiter(under_way)

        async def following() -> Event:
            return await asyncio.wait_for(anext(events), _SOON_S)

        assert isinstance(runner.run(following()), Start)
        with pytest.raises(HostError, match="took longer than 1 s"):
            runner.run(following())
        runner.run(entered.__aexit__(None, None, None))


def test_last_words_on_their_way_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends while somebody looks whether it is there still."""
    monkeypatch.setattr(module, "QUIET_S", 0.05)
    runs: list[Run] = []

    async def gone() -> str:
        if not runs:
            return ""  # it has not begun yet
        runs[0].stop()
        return "the container"

    launch = script("say(START); input(); say(DONE)", takes_stop=True, gone=gone)
    assert done(run(launch, told=runs.append)[-1])


def test_before_the_first_event_it_is_seen_too_that_all_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "QUIET_S", 0.05)
    monkeypatch.setattr(module, "GRACE_S", 0.05)

    async def gone() -> str:
        return "the container"

    async def lost() -> None:
        async with started(script("time.sleep(60)", gone=gone), Limits(), RECORD) as under_way:
            await under_way.was_lost("attach socket")

    with pytest.raises(HostError, match="the container is gone"):
        asyncio.run(asyncio.wait_for(lost(), _SOON_S))


@pytest.mark.parametrize("delay_s", [0.0, 0.15])
def test_what_boots_hears_of_a_stop_when_it_can(delay_s: float) -> None:
    """What came before, a kernel throws away as it sets its serial line up."""
    code = """
os.set_blocking(0, False)
time.sleep(0.5)
try: os.read(0, 1 << 16)
except BlockingIOError: pass
os.set_blocking(0, True)
say(START)
if sys.stdin.readline() == "stop\\n": say(DONE)
"""

    async def events() -> list[Event]:
        launch = script(code, takes_stop=True, is_deaf_at_first=True)
        async with started(launch, Limits(), RECORD) as under_way:
            asyncio.get_running_loop().call_later(delay_s, under_way.stop)
            return [event async for event in under_way]

    assert done(asyncio.run(asyncio.wait_for(events(), _SOON_S))[-1])


def test_an_end_without_a_result_is_told_after_a_stop_too() -> None:
    launch = script("say(START); input(); os.write(2, b'it hurts\\n')", takes_stop=True)
    with pytest.raises(HostError, match="it hurts"):
        run(launch, told=Run.stop)


def test_what_cannot_become_the_program_is_told() -> None:
    def refuse() -> None:
        raise PermissionError

    with pytest.raises(HostError, match=r"cannot start .* with its user, limits"):
        run(script("", first=refuse))


@pytest.mark.parametrize(("code", "is_killed"), [("time.sleep(99)", True), ("", False)])
def test_what_goes_on_without_a_killed_program_is_ended(code: str, is_killed: bool) -> None:
    ended: list[str] = []
    launch = script(code, killed=lambda: ended.append("here"))

    async def left() -> None:
        async with started(launch, Limits(), RECORD) as under_way:
            if not is_killed:
                await under_way._process.wait()

    asyncio.run(asyncio.wait_for(left(), _SOON_S))
    assert ended == ["here"] * is_killed
