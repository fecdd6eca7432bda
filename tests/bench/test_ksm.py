"""Settings of the kernel are those from before in the end, whatever happens."""

import asyncio
import ctypes
import multiprocessing
from pathlib import Path

import pytest

from netsonde.bench import _ksm
from netsonde.bench._ksm import merge_all, merging, settled
from netsonde.model import HostError

BEFORE = {"run": "0\n", "pages_to_scan": "100\n", "sleep_millisecs": "20\n", "smart_scan": "1\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in BEFORE.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "pages_sharing").write_text("0")
    (tmp_path / "full_scans").write_text("7")
    return tmp_path


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, SystemExit, HostError])
def test_settings_are_put_back(folder: Path, error: type[BaseException] | None) -> None:
    def interrupted() -> None:
        with merging(folder):
            assert (folder / "run").read_text() == "1"
            assert (folder / "smart_scan").read_text() == "0"
            if error is not None:
                raise error("now")

    if error is None:
        interrupted()
    else:
        with pytest.raises(error):
            interrupted()
    assert {name: (folder / name).read_text().strip() for name in BEFORE} == {
        name: text.strip() for name, text in BEFORE.items()
    }


def test_a_kernel_without_it(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="no KSM"), merging(tmp_path):
        pass


def test_steady_is_settled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ksm, "LOOK_S", 0.01)
    monkeypatch.setattr(_ksm, "SCANS", 0)
    assert asyncio.run(settled(folder)) == pytest.approx(0.05)
    monkeypatch.setattr(_ksm, "SETTLE_S", 0.03)

    async def restless() -> float:
        async def grow() -> None:
            for number in range(1, 100):
                (folder / "pages_sharing").write_text(str(2**number))
                await asyncio.sleep(0.001)

        growing = asyncio.ensure_future(grow())
        took_s = await settled(folder)
        growing.cancel()
        return took_s

    assert asyncio.run(restless()) == pytest.approx(0.03)


def test_before_the_first_scans_nothing_has_settled(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_ksm, "LOOK_S", 0.01)
    monkeypatch.setattr(_ksm, "SETTLE_S", 0.1)
    assert asyncio.run(settled(folder)) == pytest.approx(0.1, abs=0.02)


def _told(queue: "multiprocessing.SimpleQueue[int]") -> None:
    merge_all()
    queue.put(ctypes.CDLL(None).prctl(42, 0, 0, 0, 0))
    queue.put(ctypes.CDLL(None).personality(0xFFFFFFFF) & 0x0040000)


def test_a_program_is_told_to_be_merged() -> None:
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_told, args=(queue,))
    child.start()
    child.join()
    assert queue.get() == 1
    assert queue.get() == 0x0040000
