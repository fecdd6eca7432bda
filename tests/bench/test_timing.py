"""Time, on real runs."""

import asyncio
import shutil

import pytest

from netsonde.bench import Place
from netsonde.bench._timing import FLOOR, rate, timing


def test_phases_add_up(place: Place, runtime: str) -> None:
    found = {one.metric: one.value for one in asyncio.run(timing(place, runtime))}
    assert all(value >= 0 for value in found.values())
    assert found["result"] == pytest.approx(found["first packet"] + found["probing"])
    assert found["exit"] == pytest.approx(found["result"] + found["teardown"])
    before = found["first packet from call"] - found["first packet"]
    assert before == pytest.approx(found["fetch"] + found["fork"])
    assert found["all from call"] >= before + found["exit"]
    # The path of the lab is tens of milliseconds long.
    assert found["probing"] > 50


@pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="needs QEMU")
def test_the_floor_is_a_whole_machine(place: Place) -> None:
    found = {one.metric: one for one in asyncio.run(timing(place, FLOOR))}
    assert 2 < found["exit"].value < 30_000


def test_starts_are_counted(place: Place) -> None:
    found = asyncio.run(rate(place, "process"))
    assert [one.metric for one in found] == ["1 at once", "2 at once"]
    assert all(one.value > 0.2 for one in found)
