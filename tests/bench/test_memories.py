"""Memory, on real runs."""

import asyncio
from pathlib import Path

import pytest

from netsonde.bench import Place, _ksm, _memories
from netsonde.bench._memories import ksm, memory
from netsonde.model import HostError


def test_one_instance(place: Place, runtime: str) -> None:
    found = {one.metric: one.value for one in asyncio.run(memory(place, runtime))}
    assert found["RSS"] >= found["PSS"] > 100_000
    assert found["main: RSS"] == found["RSS"]
    assert ("guest RAM touched" in found) == (runtime == "unikernel")


def test_who_ends_early_is_not_waited_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_memories, "BEGIN_S", 20.0)
    monkeypatch.setattr(_memories, "_COUNT", 1)
    with pytest.raises(HostError, match="ended before it was measured"):
        asyncio.run(memory(place, "process"))


@pytest.mark.root
@pytest.mark.skipif(not Path("/sys/kernel/mm/ksm/run").exists(), reason="the kernel has no KSM")
def test_many_instances_are_merged(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ksm, "LOOK_S", 0.2)
    # Where nobody offers pages, nothing is ever scanned, and all of this time passes.
    monkeypatch.setattr(_ksm, "SETTLE_S", 6.0)
    before = settings()
    found = {one.metric: one.value for one in asyncio.run(ksm(place, "process"))}
    assert found["instances"] == 3
    merged, apart = (found[f"opt-in: PSS of each, {how}"] for how in ("merged", "unmerged"))
    assert merged < apart
    assert settings() == before


def settings() -> dict[str, str]:
    """Return what the experiment changes."""
    names = ("run", "pages_to_scan", "sleep_millisecs", "smart_scan")
    files = [_ksm.FOLDER / name for name in names]
    return {file.name: file.read_text() for file in files if file.exists()}
