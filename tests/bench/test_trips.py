"""What a runtime adds to a round trip."""

import asyncio
import select

import pytest

from netsonde.bench import Place, _peer, _trips
from netsonde.bench._trips import rtt


def test_little_is_added(place: Place, runtime: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_trips, "COUNT", 20)
    found = {one.metric: one for one in asyncio.run(rtt(place, runtime))}
    assert found["replies"].value == 20
    # Stamps and round trips are of the same echoes: nothing is negative, and nothing is seconds.
    assert -50 < found["floor (5th percentile)"].value < 50_000
    assert found["floor (5th percentile)"].value <= found["median"].value
    assert found["beyond floor, 99th percentile"].value >= 0


def test_the_peer_s_own_time_is_not_the_runtime_s(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = _peer.reply_to_packet

    def slow(packet: bytes) -> bytes | None:
        select.select([], [], [], 0.02)
        return quick(packet)

    monkeypatch.setattr(_peer, "reply_to_packet", slow)
    monkeypatch.setattr(_trips, "COUNT", 10)
    found = {one.metric: one.value for one in asyncio.run(rtt(place, "process"))}
    assert found["floor (5th percentile)"] < 15_000
