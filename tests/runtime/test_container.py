"""Containers have no right, no file to write, and no network but their card."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from netsonde.image import Store, Trust, Verified, build
from netsonde.model import Event, Failed, HostError, Start
from netsonde.runtime import LabNetwork, Limits, Runtime, _container, _programs
from netsonde.runtime._container import arguments, choose, prepared
from netsonde.runtime._ledger import folder
from tests.runtime.stand_in import asked, done, lab, program


def works(engine: str) -> bool:
    if shutil.which(engine) is None:
        return False
    tried = subprocess.run([engine, "info"], check=False, capture_output=True, timeout=60)
    return tried.returncode == 0


async def events(engine: str, store: Store, origin: str) -> list[Event]:
    runtime = Runtime(engine, LabNetwork(lab()), image="stand-in", store=store)
    async with runtime.start(asked(origin)) as run:
        return [event async for event in run]


def left(engine: str) -> str:
    shown = [engine, "ps", "--all", "--quiet", "--filter", "label=netsonde.owner"]
    return subprocess.run(shown, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("engine", ["docker", pytest.param("podman", marks=pytest.mark.root)])
def test_a_container_can_do_nothing_but_measure(engine: str, store: Store) -> None:
    if not works(engine):
        # A daemon is the machine's to start; Podman needs none, and its test runs everywhere.
        pytest.skip(f"{engine} does not work here")
    start, last = asyncio.run(events(engine, store, ""))
    assert isinstance(start, Start)
    assert start.runtime is not None
    assert (start.runtime.name, start.runtime.engine) == ("container", engine)
    assert done(last)
    for origin, expected in (
        ("rights", "0000000000002000" if engine == "docker" else "0" * 16),
        ("user", "65534"),
        ("write", "cannot write"),
    ):
        last = asyncio.run(events(engine, store, origin))[-1]
        assert isinstance(last, Failed)
        assert expected in last.reason
    with pytest.raises(HostError, match="ended without a result"):
        asyncio.run(events(engine, store, "silent"))
    assert left(engine) == ""
    assert list(folder().iterdir()) == []
    tag = f"stand-in:1{'-raw' if engine == 'docker' else ''}"
    subprocess.run([engine, "image", "rm", "--force", tag], check=True, capture_output=True)


@pytest.mark.root
def test_images_of_one_name_are_beside_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of two users: each has what it loaded, whoever loaded last, and loads it once."""
    run, loads, images = _container._run, list[str](), list[Verified]()

    async def noted(name: str, *arguments: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
        loads.extend(one for one in arguments if one == "load")
        return await run(name, *arguments, stdin=stdin)

    monkeypatch.setattr(_container, "_run", noted)
    for user in ("one", "two"):
        store = Store(tmp_path / user, Trust(tmp_path / f"{user}-keys"))
        build(store, program() + user.encode(), name="beside")
        images.append(store.open("beside"))
    found = [asyncio.run(prepared("podman", image)) for image in (*images, *images)]
    asyncio.run(run("podman", "image", "rm", "--force", *found))
    assert found[:2] == found[2:]
    assert found[0] != found[1]
    assert len(loads) == 2


def test_the_options_leave_nothing() -> None:
    limits = Limits(memory_bytes=1, cpu_s=3)
    for engine, by_name in (("docker", True), ("podman", False)):
        line = " ".join(arguments(engine, "n", limits, by_name=by_name))  # type: ignore[arg-type]
        for option in ("--network none", "--read-only", "--cap-drop ALL", "--pull never", "--rm"):
            assert option in line
        assert f"--memory {_container.MEMORY_MIN}" in line
        assert "cpu=3:3" in line
        assert ("--cap-add NET_RAW" in line) == by_name
        assert ("no-new-privileges" in line) != by_name


def test_missing_engines_are_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_programs, "search_path", lambda: "")
    with pytest.raises(HostError, match="no engine of containers works here") as caught:
        asyncio.run(choose())
    assert "podman: there is no program" in caught.value.message
    with pytest.raises(HostError) as missing:
        asyncio.run(prepared("docker", store.open("stand-in")))
    assert missing.value.hint == "apt-get install docker.io"


def test_who_gives_up_as_a_command_ends_is_told_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The command has ended by then: there is nothing to kill."""
    communicate = asyncio.subprocess.Process.communicate

    async def given_up(process: asyncio.subprocess.Process, given: bytes | None) -> None:
        await communicate(process, given)
        raise asyncio.CancelledError

    monkeypatch.setattr(asyncio.subprocess.Process, "communicate", given_up)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(_container._run("true"))
