"""Which sockets a job takes; what they carry is in `tests/system/test_link.py`."""

import asyncio
import os
import struct
from typing import Any

import pytest

from netsonde import _core
from netsonde.measure import _links
from netsonde.measure._links import Needs, Opened, open_sockets, tell_routes
from netsonde.model import HostError, Kind, Privilege


class Routes:
    """Routes by which one target leaves in frames."""

    unusual: str | None = None

    def resolve(self) -> None: ...

    def interfaces(self) -> list[tuple[int, str]]:
        return [(7, "near")]

    def interfaces_to(self, targets: list[str]) -> list[int]:
        return [7] if "192.0.2.1" in targets else []

    def addresses(self) -> list[str]:
        return ["10.0.0.1"]

    def egress(self) -> bytes:
        return b"table"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Note what is asked of the core, which opens nothing."""
    calls: list[dict[str, Any]] = []

    def open_link(**fields: object) -> list[tuple[str, int]]:
        calls.append(fields)
        return [("send4", -1)] + [("frames", -1)] * bool(fields["interfaces"])

    monkeypatch.setattr(_core, "open_link", open_link)
    monkeypatch.setattr(_core, "Routes", Routes)
    return calls


def needs(*targets: str, stream: bool = False, privilege: Privilege = Privilege.RAW) -> Needs:
    listed = [_links._Address(address=target) for target in targets]
    return Needs(kind=Kind.PING, targets=listed, stream_targets=stream, privilege=privilege)


def test_frames_are_for_targets_that_they_reach(asked: list[dict[str, Any]]) -> None:
    opened = open_sockets(needs("192.0.2.1", "127.0.0.1"), "auto")
    assert asked[-1]["interfaces"] == [7]
    assert asked[-1]["addresses"] == ["10.0.0.1"]
    assert [role for role, _ in opened.sockets] == ["send4", "frames", "routes"]
    assert opened.routes == b"table"
    assert opened.tell is not None
    os.close(opened.tell)
    os.close(opened.sockets[-1][1])


@pytest.mark.parametrize("link", ["auto", "raw"])
def test_the_rest_takes_raw_sockets(asked: list[dict[str, Any]], link: Any) -> None:  # noqa: ANN401
    target = "127.0.0.1" if link == "auto" else "192.0.2.1"
    opened = open_sockets(needs(target), link)
    assert asked[-1]["interfaces"] == []
    assert opened.tell is None


def test_streamed_targets_may_need_any_interface(asked: list[dict[str, Any]]) -> None:
    opened = open_sockets(needs(stream=True), "auto")
    assert asked[-1]["interfaces"] == [7]
    assert opened.tell is not None
    os.close(opened.tell)
    os.close(opened.sockets[-1][1])


def test_frames_that_are_demanded_must_have_a_way(
    asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HostError, match="no target is behind an Ethernet"):
        open_sockets(needs("127.0.0.1"), "packet")
    monkeypatch.setattr(Routes, "unusual", "policy routing (`ip rule`)")
    with pytest.raises(HostError, match="policy routing"):
        open_sockets(needs("127.0.0.1"), "packet")
    with pytest.raises(HostError, match="packet sockets"):
        open_sockets(needs("192.0.2.1", privilege=Privilege.NONE), "packet")
    assert asked == []


def test_routes_are_told_when_they_change(monkeypatch: pytest.MonkeyPatch) -> None:
    # Who looks a sixth time has done all that the fourth look says.
    tables = [b"same", b"new", b"", b"new", b"new", b"new"]
    monkeypatch.setattr(_links, "_read_routes", lambda **_: tables.pop(0) if tables else b"new")
    monkeypatch.setattr(_links, "REFRESH_S", 0.01)
    reader, writer = os.pipe()

    async def told() -> bytes:
        telling = asyncio.ensure_future(tell_routes(Opened([], writer, b"same")))
        async with asyncio.timeout(20):
            while tables:
                await asyncio.sleep(0.01)
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        with os.fdopen(reader, "rb") as pipe:
            return pipe.read()

    frames = [struct.pack("<cI", b"R", len(table)) + table for table in (b"same", b"new")]
    assert asyncio.run(told()) == b"".join(frames)


def test_without_frames_nothing_is_told() -> None:
    asyncio.run(tell_routes(Opened([])))
