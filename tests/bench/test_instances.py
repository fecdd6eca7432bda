"""Instances, their launches and their programs."""

import asyncio
import base64
from pathlib import Path

import msgspec
import pytest

from netsonde.bench import Place
from netsonde.bench._instances import echoes, guest_size, instance, prepared, tnt
from netsonde.bench._values import drained, until
from netsonde.model import Job, Kind
from netsonde.runtime import Runtime
from netsonde.runtime._launch import Launch


@pytest.mark.parametrize(
    ("program", "size"),
    [
        (["qemu", "-m", "16M"], 16 << 20),
        (["qemu", "-m", "size=1G,slots=0"], 1 << 30),
        (["qemu", "-m", "2048"], 2 << 30),
        (["cat"], None),
    ],
)
def test_the_ram_of_a_machine(program: list[str], size: int | None) -> None:
    assert guest_size(program) == size


def test_a_job_may_be_a_word() -> None:
    made = prepared(Launch(["image", "fd=3"], stdin=b"{}\n"), task=b"{}")
    assert made.program == ["image", "fd=3", f"job={base64.b64encode(b'{}').decode()}"]
    assert made.stdin == b""


def test_an_engine_is_told_the_group() -> None:
    from netsonde.bench._groups import Group

    said = list[str]()
    launch = Launch(["podman", "run", "--rm", "id"])
    first = lambda: said.append("first")  # noqa: E731
    made = prepared(launch, group=Group("g"), first=first, is_container=True)
    assert made.program == ["podman", "run", "--cgroup-parent", "/g", "--rm", "id"]
    assert made.first is not None
    made.first()
    assert said == ["first"]


def test_jobs_are_for_the_lab_s_target(place: Place) -> None:
    runtime = Runtime("process", place.mirror.network())
    job = msgspec.json.decode(tnt(runtime), type=Job)
    assert (job.kind, [one.address for one in job.targets]) == (Kind.TNT, ["5.2.0.1"])
    job = msgspec.json.decode(echoes(count=7, interval_ms=20)(runtime), type=Job)
    assert job.kind is Kind.PING


def test_an_instance_is_known_and_then_gone(place: Place, runtime: str) -> None:
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    network = place.mirror.network()

    async def look() -> tuple[tuple[int, ...], int | None]:
        async with instance(runtime, network, echoes(count=1_000, interval_ms=10)) as one:
            reading = asyncio.ensure_future(drained(one))
            await until(lambda: len(network.seen.echoes) > 2, 20, "the start")
            parts, guest = await one.parts(), one.guest_bytes()
            assert parts.memory()["main"].rss > 100_000
        await reading
        stamps = one.stamps
        assert stamps.called_ns < stamps.ready_ns < stamps.began_ns
        assert network.seen.first_ns is not None
        assert stamps.began_ns < network.seen.first_ns
        assert stamps.own_cpu_ns > 0
        return parts.main, guest

    pids, guest = asyncio.run(look())
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    if runtime == "unikernel":
        assert guest is not None
        assert 100_000 < guest < 2_000_000
    else:
        assert guest is None
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
