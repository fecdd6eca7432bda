"""Machines are made once, whole, and by one process at a time."""

import asyncio
import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest

from netsonde.model import HostError
from netsonde.runtime import Made, _machines, forget_machines, machines
from netsonde.runtime._machines import Recipe, folder, machine


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep machines where nobody else looks."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


class Maker:
    """Makes machines of one file, and says how often."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.made = 0
        self.said: list[str] = []
        self._breaks = breaks

    async def make(self, where: Path, say: Callable[[str], None]) -> None:
        self.made += 1
        say("at work")
        (where / "rest").mkdir()
        (where / "kernel").write_bytes(b"k" * 5_000)
        if self._breaks:
            raise HostError("no room")

    def recipe(self, *parts: str) -> Recipe:
        return Recipe("toy", parts, ("kernel",), self.make)

    def get(self, *parts: str, is_anew: bool = False) -> _machines.Machine:
        return asyncio.run(machine(self.recipe(*parts), self.said.append, is_anew=is_anew))


def test_a_machine_is_made_once() -> None:
    maker = Maker()
    first = maker.get("one")
    assert maker.get("one") == first
    assert maker.made == 1
    assert first.file("kernel").read_bytes() == b"k" * 5_000
    assert first.size >= 5_000
    assert sorted(path.name for path in Path(first.path).iterdir()) == ["kernel", "machine.json"]
    assert "at work" in maker.said
    assert maker.said[-1].startswith(f"made {first.path}: 0 MB in ")
    assert maker.get("one", is_anew=True).path == first.path
    assert maker.made == 2


def test_another_recipe_takes_its_place() -> None:
    maker = Maker()
    old, new = maker.get("one"), maker.get("two")
    assert old.path != new.path
    assert machines() == [new]


def test_a_machine_may_be_carried_to_another_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = Maker()
    maker.get("one")
    folder().rename(tmp_path / "machines")
    (tmp_path / "netsonde").mkdir()
    (tmp_path / "machines").rename(tmp_path / "netsonde" / "machines")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert maker.get("one").file("kernel").exists()
    assert maker.made == 1


def test_what_was_not_finished_is_not_there() -> None:
    with pytest.raises(HostError, match="no room"):
        Maker(breaks=True).get("one")
    assert machines() == []
    rest = folder() / "toy-0000.part"
    rest.mkdir()
    (rest / "kernel").touch()
    Maker().get("one")
    assert not rest.exists(), "its maker was killed"


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(HostError, match="cannot write "):
        Maker().get("one")


def test_the_second_maker_waits_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    folder().mkdir(parents=True)
    maker = Maker()
    monkeypatch.setattr(_machines, "_LOOK_S", 0.01)
    with (folder() / "toy.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        async def both() -> None:
            waiting = asyncio.ensure_future(machine(maker.recipe("one"), maker.said.append))
            while not maker.said:
                await asyncio.sleep(0.01)
            assert maker.made == 0
            fcntl.flock(lock, fcntl.LOCK_UN)
            await waiting

        asyncio.run(both())
        assert maker.made == 1
        assert maker.said[0].startswith("another process is making")
        fcntl.flock(lock, fcntl.LOCK_EX)
        monkeypatch.setattr(_machines, "OTHER_S", 0.0)
        with pytest.raises(HostError, match="for too long"):
            maker.get("two")


def test_what_another_process_makes_is_not_forgotten() -> None:
    path = Path(Maker().get("one").path)
    part = path.with_suffix(".part")
    part.mkdir()
    with (folder() / "toy.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(HostError, match="toy is being made"):
            forget_machines()
        assert part.exists()
    assert len(forget_machines()) == 2
    assert (folder() / "toy.lock").exists(), "who waits for it has it open"


def test_a_machine_that_is_gone_is_told() -> None:
    one = Maker().get("one")
    forget_machines()
    with pytest.raises(HostError, match=r"cannot read .*kernel"):
        one.open("kernel")


def test_all_are_forgotten_when_asked() -> None:
    path = Maker().get("one").path
    assert forget_machines() == [Made("machine", path)]
    assert forget_machines() == []
    assert machines() == []
