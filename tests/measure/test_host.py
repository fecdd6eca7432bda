"""This host as vantage, on its loopback; across routers: `tests/system`."""

import asyncio
import contextlib
import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netsonde import _core
from netsonde.measure import _host
from netsonde.measure._host import Host, allows_raw
from netsonde.measure._links import Needs, Opened
from netsonde.measure._streams import pack
from netsonde.model import HostError, Privilege, Target, UsageError

LOOPBACK = {4: "127.0.0.1", 6: "::1"}


def job(version: int = 4, **ping: object) -> bytes:
    """Return a ping of the loopback by UDP, which needs no privilege."""
    address = LOOPBACK[version]
    fields = {
        "schema": _core.SCHEMA,
        "id": "0",
        "kind": "ping",
        "targets": [{"address": address, "source": address}],
        "ping": {"method": "udp", "count": 2, "interval_ms": 1, **ping},
        "rate_pps": 1_000,
        "in_flight_max": 10,
        "privilege": "none",
        "seed": 1,
        "key": "0f" * 16,
    }
    return json.dumps(fields).encode()


def run(task: bytes) -> list[dict[str, Any]]:
    """Return the events of a job."""

    async def collect() -> list[dict[str, Any]]:
        return [json.loads(line) async for line in Host("none").run(task, asyncio.Event())]

    return asyncio.run(collect())


@pytest.mark.parametrize("version", [4, 6])
def test_a_job_is_done_without_privilege(version: int) -> None:
    events = run(job(version))
    assert [event["type"] for event in events][:: len(events) - 1] == ["start", "done"]
    [result] = [event for event in events if event["type"] == "ping"]
    assert [reply["responder"] for reply in result["replies"]] == [LOOPBACK[version]] * 2
    assert all(0 < reply["rtt_ns"] < 10**9 for reply in result["replies"])


def test_icmp_takes_ping_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = _core.open_link(raw=False, v4=True, v6=False, udp=False)
    without = [(role, descriptor) for role, descriptor in opened if "ping" not in role]
    monkeypatch.setattr(_core, "open_link", lambda **_: without)
    with pytest.raises(HostError, match="ping sockets") as caught:
        run(job(method="icmp"))
    assert "netsonde doctor" in caught.value.hint
    for _, descriptor in without:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.close(descriptor)


def test_a_refused_job_is_an_event() -> None:
    [event] = run(job(method="tcp-syn"))
    assert event["type"] == "failed"
    assert "ping.method" in event["reason"]


def test_stopping_gives_what_there_is() -> None:
    async def stopped() -> list[dict[str, Any]]:
        stop, events = asyncio.Event(), []
        async for line in Host("none").run(job(count=1_000, interval_ms=60_000), stop):
            events.append(json.loads(line))
            if events[-1]["type"] == "ping-reply":
                stop.set()
        return events

    events = asyncio.run(stopped())
    assert [event["type"] for event in events] == ["start", "ping-reply", "ping", "done"]
    assert events[2]["incomplete"]


def test_closing_ends_the_process() -> None:
    async def closed() -> int | None:
        events = Host("none").run(job(count=1_000, interval_ms=60_000), asyncio.Event())
        async with contextlib.aclosing(events):
            await anext(events)
            [process] = started
        return process.returncode

    started: list[asyncio.subprocess.Process] = []
    start = _host._start

    async def remember(needs: Needs, opened: Opened) -> asyncio.subprocess.Process:
        started.append(await start(needs, opened))
        return started[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_host, "_start", remember)
        assert asyncio.run(closed()) == -9


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; sys.exit('it broke')", "ended with status 1: it broke"),
        ("import os; os.kill(os.getpid(), 31)", "made a system call that is forbidden to it"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by SIGKILL"),
        ("""print('{"type":"start"}')""", "ended with status 0"),
        ("", "ended with status 0"),
    ],
)
def test_a_process_that_fails_is_an_error_of_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, message: str
) -> None:
    file = tmp_path / "engine.py"
    file.write_text(program)
    monkeypatch.setattr(_host, "_PROGRAM", file)
    with pytest.raises(HostError, match=f"the measuring process {message}"):
        run(job())


def test_a_missing_interpreter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(HostError, match="cannot start /nowhere/python"):
        run(job())


@pytest.mark.parametrize(
    ("number", "message", "hint"),
    [
        (errno.EPERM, "not allowed", "netsonde doctor"),
        (errno.EAFNOSUPPORT, "cannot open the sockets", "no IPv6"),
        (errno.EMFILE, "cannot open the sockets", "netsonde doctor"),
    ],
)
def test_sockets_that_cannot_be_opened(
    monkeypatch: pytest.MonkeyPatch, number: int, message: str, hint: str
) -> None:
    def refuse(**_: object) -> list[tuple[str, int]]:
        raise OSError(number, "refused")

    monkeypatch.setattr(_core, "open_link", refuse)
    with pytest.raises(HostError, match=message) as caught:
        run(job())
    assert hint in caught.value.hint


def test_privilege_is_the_best_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Host("none").privilege() is Privilege.NONE
    assert Host().privilege() is (Privilege.RAW if allows_raw() else Privilege.NONE)
    monkeypatch.setattr(_host, "allows_raw", lambda: False)
    assert Host().privilege() is Privilege.NONE
    with pytest.raises(HostError, match="CAP_NET_RAW") as caught:
        Host("raw").privilege()
    assert "netsonde doctor" in caught.value.hint


def test_the_source_is_what_the_kernel_would_take() -> None:
    assert [Host().source(address) for address in LOOPBACK.values()] == [*LOOPBACK.values()]
    assert Host().known_addresses("localhost") == ()


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (OSError(errno.ENETUNREACH, "no"), HostError),
        (PermissionError(errno.EACCES, "no"), UsageError),
    ],
)
def test_a_target_without_a_route(
    monkeypatch: pytest.MonkeyPatch, failure: OSError, error: type[Exception]
) -> None:
    class Socket:
        def __enter__(self) -> "Socket":
            return self

        def __exit__(self, *_: object) -> None: ...

        def connect(self, _: object) -> None:
            raise failure

    make: Callable[..., Socket] = lambda *_: Socket()  # noqa: E731
    monkeypatch.setattr("socket.socket", make)
    with pytest.raises(error, match=r"192\.0\.2\.1"):
        Host().source("192.0.2.1")


def test_routes_fill_in_sources() -> None:
    targets = [Target(address=address, source=address) for address in LOOPBACK.values()]
    unknown = [Target(address="240.0.0.1", source="0.0.0.0")]
    wanted = pack(targets)
    empty = b"".join(record[:17] + bytes(16) for record in _records(wanted + pack(unknown)))
    routes = Host().routes()
    filled, left = routes.fill(empty)
    assert filled[: len(wanted)] == wanted
    assert len(filled) + len(left) == len(empty)
    assert [routes.source(address) for address in LOOPBACK.values()] == [*LOOPBACK.values()]
    assert [routes.way(address) for address in LOOPBACK.values()] == ["raw", "raw"]
    with pytest.raises(ValueError, match="no packed targets"):
        routes.fill(empty[1:])


def _records(packed: bytes) -> list[bytes]:
    return [packed[start : start + 33] for start in range(0, len(packed), 33)]
