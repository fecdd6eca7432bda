"""A runtime as vantage."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from netsonde.image import Store
from netsonde.measure._streams import pack
from netsonde.model import Job, Output, Privilege, Target, UsageError
from netsonde.runtime import HostNetwork, LabNetwork, Runtime, RuntimeVantage
from netsonde.runtime import _vantage as module
from tests.runtime.stand_in import asked, lab


def vantage(store: Store) -> RuntimeVantage:
    return RuntimeVantage(Runtime("process", LabNetwork(lab()), image="stand-in", store=store))


def test_in_a_lab_it_knows_what_the_lab_knows(store: Store) -> None:
    found = vantage(store)
    assert found.is_virtual
    assert found.privilege() is Privilege.RAW
    assert found.source("5.2.0.1") == "5.1.0.1"
    assert found.known_addresses("vp") == ("5.1.0.1", "2a00:5:1::1")
    assert found.known_name("5.1.0.1") == "vp"
    assert found.mtu("5.1.0.1") == 1_500
    assert found.routes() is not None


def test_on_a_host_it_knows_nothing_yet() -> None:
    found = RuntimeVantage(Runtime("process", HostNetwork()))
    assert not found.is_virtual
    assert found.known_addresses("vp") == ()
    assert found.known_name("5.1.0.1") == ""
    assert (found.source("192.0.2.1"), found.source("2001:db8::1")) == (
        "100.127.240.2",
        "fd6e:7300:736f::2",
    )
    assert found.mtu("x") == 1_500


def test_a_stop_ends_it_with_what_it_has(store: Store) -> None:
    async def stopped() -> list[bytes]:
        stop, found = asyncio.Event(), []
        async for line in vantage(store).run(asked("wait"), stop):
            found.append(line)
            stop.set()
        return found

    lines = asyncio.run(stopped())
    assert b'"runtime":{"name":"process"' in lines[0]
    assert lines[-1].startswith(b'{"type":"done"')


def test_an_image_writes_no_capture(store: Store) -> None:
    async def captured() -> None:
        async for _ in vantage(store).run(asked(), asyncio.Event(), capture=1):
            pass

    with pytest.raises(UsageError, match="writes no capture"):
        asyncio.run(captured())


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield pack([Target(address="5.2.0.1", source="5.1.0.1")])


def test_streamed_targets_are_gathered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def streamed(count: int, job: bytes) -> int:
        stream = vantage(store).stream(job, chunks(count), asyncio.Event())
        return len([frame async for frame in stream])

    assert asyncio.run(streamed(3, asked())) == 2
    assert asyncio.run(streamed(0, asked())) == 0
    monkeypatch.setattr(module, "TARGETS_MAX", 2)
    with pytest.raises(UsageError, match="2 targets in one run at most"):
        asyncio.run(streamed(3, asked()))
    job = msgspec.structs.replace(msgspec.json.decode(asked(), type=Job), output=Output.COLUMNS)
    with pytest.raises(UsageError, match="no tables"):
        asyncio.run(streamed(1, msgspec.json.encode(job)))
