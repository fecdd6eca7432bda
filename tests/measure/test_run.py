"""Running a request."""

import asyncio
from collections.abc import AsyncGenerator

import msgspec
import pytest

import netsonde
from netsonde.measure import Line, Resolved, Vantage, choose, lines, prepare, request
from netsonde.model import Done, Kind, NetsondeError, Privilege, Start, Target, TraceResult


class _Scripted:
    """A vantage that says what it is told to say."""

    is_virtual = True

    def __init__(self, *script: bytes) -> None:
        self.script = script
        self.closed = False

    def privilege(self) -> Privilege:
        return Privilege.RAW

    async def run(
        self, job: bytes, stop: asyncio.Event, *, capture: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        try:
            for line in self.script:
                yield line
        finally:
            self.closed = True


RESOLVED = Resolved((Target(address="5.2.0.1", source="5.1.0.1"),), {}, ())


def _collect(vantage: object, kind: Kind = Kind.TRACE) -> list[Line]:
    place: Vantage = vantage  # type: ignore[assignment]

    async def run() -> list[Line]:
        return [line async for line in lines(request(kind, {}), place, RESOLVED)]

    return asyncio.run(run())


def test_the_stream_is_the_engine_s_own() -> None:
    async def run() -> list[Line]:
        lab = choose(netsonde.lab.load("plain"))
        asked = request(Kind.TRACE, {})
        resolved = await prepare(asked, lab, ["host"])
        return [line async for line in lines(asked, lab, resolved)]

    found = asyncio.run(run())
    assert isinstance(found[0].event, Start)
    assert isinstance(found[-2].event, TraceResult)
    assert isinstance(found[-1].event, Done)
    for line in found:
        assert msgspec.json.decode(line.raw)["type"] == line.event.__struct_config__.tag


def test_a_failure_is_raised_after_it_was_told() -> None:
    vantage = _Scripted(b'{"type":"failed","reason":"no more","hint":"try less"}')
    with pytest.raises(NetsondeError, match="no more") as caught:
        _collect(vantage)
    assert caught.value.hint == "try less"
    assert vantage.closed


def test_leaving_early_closes_the_vantage() -> None:
    vantage = _Scripted(b'{"type":"failed","reason":"x","hint":""}', b"not reached")
    with pytest.raises(NetsondeError):
        _collect(vantage)
    assert vantage.closed
