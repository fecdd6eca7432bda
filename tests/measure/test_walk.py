"""From a list of targets to packed records, as they are asked for."""

import asyncio
from typing import Any

import pytest

import netsonde
from netsonde.measure import TargetList, Walk
from netsonde.measure import _walk as walk_module
from netsonde.measure._lab import LabVantage
from netsonde.measure._streams import unpack
from netsonde.model import UsageError

LAB = LabVantage(netsonde.lab.load("plain"))


def walk(*texts: str, **options: Any) -> Walk:  # noqa: ANN401
    wanted = TargetList()
    wanted.add(texts)
    return Walk(wanted, LAB, **{"seed": 1, **options})


def collect(targets: Walk) -> list[str]:
    async def gather() -> list[str]:
        chunks = [chunk async for chunk in targets.chunks()]
        return [target.address for chunk in chunks for target in unpack(chunk)]

    return asyncio.run(gather())


def test_every_target_once_with_its_source() -> None:
    targets = walk("5.9.0.0/24", "5.9.0.7", "2a00::1", "host", exclude=["5.9.0.128/25"])
    assert targets.size == 258
    found = collect(targets)
    assert len(found) == len(set(found)) == 130
    assert {"2a00::1", "5.2.0.1"} <= set(found)
    assert targets.names == {"5.2.0.1": "host"}
    assert targets.refused() == {
        "special_purpose": 0,
        "excluded": 128,
        "duplicate": 1,
        "done": 0,
        "no_route": 0,
        "unresolved": 0,
    }
    assert (targets.given, targets.left) == (130, 0)


def test_the_order_follows_the_seed() -> None:
    found = collect(walk("5.9.0.0/24"))
    assert found == collect(walk("5.9.0.0/24"))
    assert found != collect(walk("5.9.0.0/24", seed=2))


def test_names_are_resolved_as_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk_module, "LOOKUPS_MAX", 2)
    asked: list[str] = []
    running = most = 0

    async def find(name: str, *_: object) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        asked.append(name)
        await asyncio.sleep(0)
        running -= 1
        if name == "bad":
            raise UsageError("cannot find bad", "")
        return f"5.3.0.{ord(name)}"

    monkeypatch.setattr(walk_module, "find_address", find)
    targets = walk("a", "bad", "c", "d", "e", "5.9.0.0/20", known={"e": "5.4.0.1"})

    async def first() -> bytes:
        async for chunk in targets.chunks():
            return chunk
        return b""

    asyncio.run(first())
    assert asked in ([], ["a", "bad"]), "the next ones wait"
    running = most = 0  # those were cancelled
    found = collect(walk("a", "bad", "c", "d", "e", "5.9.0.0/20", known={"e": "5.4.0.1"}))
    assert len(found) == 4_096 + 4
    assert "5.4.0.1" in found
    assert most <= 2
    targets = walk("bad")
    assert (collect(targets), targets.unresolved) == ([], 1)
    assert targets.problems[0].error.message == "cannot find bad"


def test_finished_targets_are_left_out() -> None:
    done = "\n".join(f"5.9.0.{last}" for last in range(100))
    targets = walk("5.9.0.0/24", "host")
    assert targets.mark_done(done) == 100
    assert len(collect(targets)) == 157
    assert targets.refused()["done"] == 100
    with pytest.raises(ValueError, match=r"5\.9\.0\.x"):
        targets.mark_done("5.9.0.1\n5.9.0.x")


def test_counting_gives_nothing_but_numbers() -> None:
    assert walk("5.9.0.0/24", exclude=["5.9.0.0/25"]).count(1_000) == (128, 1.0)
    given, share = walk("5.0.0.0/10").count(10_000)
    assert given == round(share * (1 << 22))
    assert share < 0.01
    assert walk("host").count(10) == (0, 1.0)
