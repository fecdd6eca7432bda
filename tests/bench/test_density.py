"""Instances side by side."""

import asyncio

import pytest

from netsonde.bench import Place, _density
from netsonde.bench._density import Limit, density


@pytest.mark.root
def test_all_live_where_there_is_room(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_density, "ALIVE_S", 1.5)
    found = {one.metric: one.value for one in asyncio.run(density(place, "process"))}
    assert found["memory: started"] == found["memory: alive"] == 3
    assert found["cpu: alive"] == 3
    assert 50_000 < found["memory: charged to each"] < 20_000_000
    fit = 3 * _density.MEMORY_BYTES / (found["memory: charged to each"] * 3)
    assert found["memory: would fit"] == pytest.approx(fit)


@pytest.mark.root
def test_who_finds_no_room_is_not_alive(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_density, "ALIVE_S", 1.5)
    monkeypatch.setattr(_density, "_SETTLE_S", 2.0)
    monkeypatch.setattr(_density, "LIMITS", (Limit("memory", 3 << 20, None),))
    crowd = place._replace(density=20)
    found = {one.metric: one.value for one in asyncio.run(density(crowd, "process"))}
    assert found["memory: alive"] < found["memory: started"] <= 20
    assert found["memory: would fit"] == found["memory: alive"]
