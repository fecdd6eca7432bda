"""What is said to a machine on its serial line: a job where nobody gave one, and to stop."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from netsonde.lab import load
from netsonde.model import Done, Event
from netsonde.runtime import LabNetwork, Runtime
from tests.system import image

#: Words without a job.
_WORDS = f"{image.ADDRESSES} lease_ms=500"
_MACHINES = {"microvm": image.QEMU, "pci": image.PC}
_WAIT_S = 30


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    return image.elf(tmp_path)


@pytest.mark.parametrize("name", _MACHINES)
def test_a_job_comes_on_the_serial_line(elf: Path, tmp_path: Path, name: str) -> None:
    words = f"{image.ADDRESSES} lease_ms={_WAIT_S}000"
    with image.booted(tmp_path, elf, words, None, base=_MACHINES[name]) as started:
        assert started.stdout is not None
        # What comes earlier, the firmware of a PC takes.
        while b"a job, please" not in started.stdout.readline():
            assert started.poll() is None
        output, _ = started.communicate(b"\n" + image.job() + b"\n", timeout=_WAIT_S)
    assert [event["type"] for event in image.events(output)][-2:] == ["ping", "done"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", "there is no job"),
        (b'{"schema":1', "there is no job"),
        (b"{}\n", "the job was refused"),
        (b"x" * (1 << 16) + b"yz", "longer than 65536 bytes"),
    ],
)
def test_a_job_that_is_none_is_refused(elf: Path, tmp_path: Path, said: bytes, reason: str) -> None:
    with image.booted(tmp_path, elf, _WORDS, None) as started:
        output, _ = started.communicate(said, timeout=_WAIT_S)
    (event,) = image.events(output)
    assert event["type"] == "failed"
    assert reason in event["reason"]


@pytest.mark.parametrize("name", _MACHINES)
def test_stop_ends_a_run_with_what_it_has(elf: Path, tmp_path: Path, name: str) -> None:
    """At once: the serial line interrupts a machine that waits."""
    job = image.job(ping={"count": 2, "timeout_ms": 100_000, "interval_ms": 90_000})
    sent = threading.Event()

    def answer(frame: bytes) -> bytes | None:
        if frame[12:14] == b"\x08\x00":
            sent.set()
        return image.on_ethernet(frame)

    base = _MACHINES[name]
    with image.booted(tmp_path, elf, image.ADDRESSES, job, base=base, answer=answer) as started:
        assert sent.wait(_WAIT_S)
        began = time.monotonic()
        output, _ = started.communicate(b"go on\nstop\n", timeout=_WAIT_S)
        took_s = time.monotonic() - began
    events = image.events(output)
    assert events[-1]["type"] == "done"
    assert took_s < 5, took_s


def test_a_unikernel_that_is_stopped_gives_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image.elf(tmp_path)
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    # Nobody has this address: there is much to wait for.
    job = image.job(target="5.9.9.9", ping={"count": 9, "timeout_ms": 90_000})

    async def stopped() -> list[Event]:
        found = []
        async with Runtime("unikernel", LabNetwork(load("explicit-php"))).start(job) as run:
            async for event in run:
                found.append(event)
                if len(found) == 1:
                    run.stop()
        return found

    *_, last = asyncio.run(asyncio.wait_for(stopped(), _WAIT_S))
    assert isinstance(last, Done)
