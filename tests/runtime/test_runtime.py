"""One interface for all."""

import asyncio

import msgspec
import pytest

from netsonde.image import Store
from netsonde.model import Event, Failed, HostError, Job, UsageError
from netsonde.runtime import LabNetwork, Runtime, RuntimeName
from netsonde.runtime._card import Card
from netsonde.runtime._launch import Launch
from netsonde.runtime._runtime import _with_sources
from tests.runtime.stand_in import asked, lab


def test_a_runtime_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="no runtime vagrant") as caught:
        Runtime("vagrant")
    assert all(name in caught.value.hint for name in RuntimeName)


def test_targets_are_probed_from_the_card() -> None:
    card = Card(frames=True, descriptor=3, addresses=("10.0.0.9/30",), gateways=(), mtu=1500)
    job = msgspec.json.decode(_with_sources(asked(), card), type=Job)
    assert job.targets[0].source == "10.0.0.9"
    with pytest.raises(UsageError, match="no IPv6 address towards 2a00:5:2::1"):
        _with_sources(asked(address="2a00:5:2::1"), card)


def test_an_unknown_image_is_refused(store: Store) -> None:
    async def start() -> None:
        runtime = Runtime("process", LabNetwork(lab()), image="other", store=store)
        async with runtime.start(asked()):
            pass

    with pytest.raises(UsageError, match="no image other"):
        asyncio.run(start())


def test_a_launch_is_changed_before_it_starts(store: Store) -> None:
    seen: list[Launch] = []

    def change(launch: Launch) -> Launch:
        seen.append(launch)
        return launch._replace(program=[*launch.program, "seed=7"])

    async def end() -> tuple[int, str]:
        network = LabNetwork(lab())
        runtime = Runtime("process", network, image="stand-in", store=store, change=change)
        async with runtime.start(asked("words")) as run:
            *_, last = [event async for event in run]
            assert isinstance(last, Failed)
            return run.pid, last.reason

    pid, words = asyncio.run(end())
    assert pid > 0
    assert words.split()[-1] == "seed=7"
    assert seen[0].program[-1] != "seed=7"


@pytest.mark.parametrize(("lost", "starts"), [(0, 1), (2, 3), (3, 3)])
def test_a_container_that_podman_lost_is_started_again(
    lost: int, starts: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    async def launch(*_: object) -> Launch:
        begun.append("x")
        said = "echo 'failed to connect to container attach socket' >&2; exit 126"
        failed = '{"type":"failed","reason":"begun","hint":""}'
        return Launch(["/bin/sh", "-c", said if len(begun) <= lost else f"echo '{failed}'"])

    async def events() -> list[Event]:
        runtime = Runtime("podman", LabNetwork(lab()), image="stand-in", store=store)
        monkeypatch.setattr(runtime, "_launch", launch)
        async with runtime.start(asked()) as run:
            return [event async for event in run]

    if lost < starts:
        assert asyncio.run(events()) == [Failed(reason="begun")]
    else:
        with pytest.raises(HostError, match=r"status 126\): failed to connect .* attach socket"):
            asyncio.run(events())
    assert len(begun) == starts
