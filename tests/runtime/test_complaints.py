"""What programs complain of is read to the end, and its end is kept."""

import asyncio
import os
from pathlib import Path

from netsonde.runtime import _complaints as module
from netsonde.runtime._complaints import complaining


def test_the_end_of_it_is_kept() -> None:
    """More than a pipe holds: whoever writes waits for a reader, here in another thread."""
    most = module.KEPT_BYTES

    async def read() -> str:
        async with complaining() as (complaints, file):

            def write() -> None:
                with file:
                    for _ in range(40):
                        os.write(file.fileno(), b"x" * (1 << 14))
                    os.write(file.fileno(), b" it hurts\n")

            await asyncio.to_thread(write)
            return await complaints.text(20)

    text = asyncio.run(read())
    assert text == "x" * (most - len(" it hurts\n")) + " it hurts"


def test_whoever_says_no_more_and_stays_is_not_waited_for() -> None:
    async def read() -> str:
        async with complaining() as (complaints, file):
            file.write(b"\xffwarning\n")
            return await complaints.text(0.1)

    assert asyncio.run(asyncio.wait_for(read(), 20)) == "\ufffdwarning"


def test_no_descriptor_is_left() -> None:
    async def opened() -> int:
        async with complaining():
            pass
        await asyncio.sleep(0)
        return len(list(Path("/proc/self/fd").iterdir()))

    async def twice() -> tuple[int, int]:
        return await opened(), await opened()

    first, second = asyncio.run(twice())
    assert first == second
