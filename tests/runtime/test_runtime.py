"""One interface for all."""

import asyncio

import msgspec
import pytest

from netsonde.image import Store
from netsonde.model import Job, UsageError
from netsonde.runtime import LabNetwork, Runtime, RuntimeName
from netsonde.runtime._card import Card
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
