"""What experiments share."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from netsonde.bench._values import ended, milliseconds, until
from netsonde.model import HostError


def test_moments_give_milliseconds() -> None:
    assert milliseconds("x", 1_000_000, 3_500_000) == ("x", 2.5, "ms")


def test_what_does_not_come_is_an_error() -> None:
    async def wait() -> None:
        await until(lambda: True, 0.02, "a")
        await until(lambda: False, 0.02, "the start")

    with pytest.raises(HostError, match=r"the start took longer than 0\.02 s"):
        asyncio.run(wait())


def test_the_end_of_a_program_is_waited_for() -> None:
    program = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    before = set(Path("/proc/self/fd").iterdir())

    async def wait() -> bool:
        waiting = asyncio.ensure_future(ended(program.pid))
        await asyncio.sleep(0.05)
        had_ended = waiting.done()
        assert program.stdin is not None
        program.stdin.close()
        await waiting
        return had_ended

    assert not asyncio.run(wait())
    program.wait()
    asyncio.run(ended(program.pid))
    assert len(set(Path("/proc/self/fd").iterdir()) - before) == 0
