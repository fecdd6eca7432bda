"""How long a run takes, and how many can be started in a second."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from netsonde.bench._groups import group
from netsonde.bench._instances import ENGINES, echoes, instance, tnt, token
from netsonde.bench._peer import StampedLab
from netsonde.bench._proc import cpu_ns, named
from netsonde.bench._tiny import nothing
from netsonde.bench._values import Value, ended, milliseconds
from netsonde.model import HostError, Result, decode_event

if TYPE_CHECKING:
    from netsonde.bench._groups import Group
    from netsonde.bench._instances import Instance
    from netsonde.bench._values import Place
    from netsonde.runtime._launch import Launch

#: The name under which QEMU's own share is told: a machine that ends with its first instruction.
FLOOR = "qemu-floor"
#: Seconds that a program has to end by itself, once it gave its result.
EXIT_S = 60.0
#: Starts at once, in the second part of the experiment on starts per second.
ABREAST = 2


async def timing(place: Place, runtime: str) -> list[Value]:
    """Run the job of the comparison once, from the user's call to the clean end."""
    if runtime == FLOOR:
        return await _floor(place)
    network = StampedLab(place.lab)
    with ExitStack() as held:
        counted = _counted(held)
        daemons = named(*ENGINES.get(runtime, ()))
        before_ns = cpu_ns(daemons) + cpu_ns(_shims(daemons))
        async with instance(runtime, network, tnt, group=counted, by_word=_by_word(runtime)) as one:
            result_ns = await _result(one)
            # The last moment at which the container's own shim is sure to be there.
            shims_ns = cpu_ns(_shims(daemons))
            await _exit(one)
            exit_ns = time.monotonic_ns()
        end_ns = time.monotonic_ns()
        engine_ns = cpu_ns(daemons) + shims_ns - before_ns
        used_ns = counted.cpu_ns if counted is not None else 0
        return [
            *_phases(one, network, result_ns, exit_ns, end_ns),
            *_cpu(counted, used_ns - one.stamps.own_cpu_ns + engine_ns),
        ]


def _phases(
    one: Instance, network: StampedLab, result_ns: int, exit_ns: int, end_ns: int
) -> list[Value]:
    """Return the phases of a run."""
    stamps, first_ns = one.stamps, network.seen.first_ns
    if first_ns is None:
        raise HostError("no packet came from the run")
    return [
        milliseconds("fetch", stamps.called_ns, stamps.ready_ns),
        milliseconds("fork", stamps.ready_ns, stamps.began_ns),
        milliseconds("first packet", stamps.began_ns, first_ns),
        milliseconds("first packet from call", stamps.called_ns, first_ns),
        milliseconds("probing", first_ns, result_ns),
        milliseconds("result", stamps.began_ns, result_ns),
        milliseconds("result from call", stamps.called_ns, result_ns),
        milliseconds("teardown", result_ns, exit_ns),
        milliseconds("exit", stamps.began_ns, exit_ns),
        milliseconds("all from call", stamps.called_ns, end_ns),
    ]


async def _result(one: Instance) -> int:
    """Return when the result came; read on to the last event."""
    result_ns = 0
    async for line in one.run.lines():
        now_ns = time.monotonic_ns()
        if isinstance(decode_event(line), Result) and not result_ns:
            result_ns = now_ns
    if not result_ns:
        raise HostError("the run gave no result")
    return result_ns


async def _exit(one: Instance) -> None:
    try:
        async with asyncio.timeout(EXIT_S):
            await ended(one.run.pid)
    except TimeoutError:
        raise HostError(f"the program did not end in {EXIT_S:g} s after its result") from None


async def _floor(place: Place) -> list[Value]:
    """Start a machine that ends at once, with the options of the unikernel."""
    kernel = os.memfd_create("netsonde-nothing", 0)
    try:
        os.write(kernel, nothing())

        def empty(launch: Launch) -> Launch:
            program = list(launch.program)
            program[program.index("-kernel") + 1] = f"/proc/self/fd/{kernel}"
            return launch._replace(program=program, descriptors=[*launch.descriptors, kernel])

        with ExitStack() as held:
            counted = _counted(held)
            network = StampedLab(place.lab)
            begun = instance("unikernel", network, tnt, group=counted, change=empty)
            async with begun as one:
                await _exit(one)
                exit_ns = time.monotonic_ns()
            used_ns = counted.cpu_ns if counted is not None else 0
            return [
                milliseconds("exit", one.stamps.began_ns, exit_ns),
                *_cpu(counted, used_ns - one.stamps.own_cpu_ns),
            ]
    finally:
        os.close(kernel)


async def rate(place: Place, runtime: str) -> list[Value]:
    """Count the runs of one echo that end in a second: one after the other, and in pairs."""
    return [
        Value(f"{abreast} at once", await _per_second(place, runtime, abreast), "1/s")
        for abreast in (1, ABREAST)
    ]


async def _per_second(place: Place, runtime: str, abreast: int) -> float:
    began_s = time.monotonic()
    done = 0

    async def again() -> None:
        nonlocal done
        while not done or time.monotonic() - began_s < place.seconds:
            make = echoes(count=1, interval_ms=1)
            async with instance(runtime, place.mirror.network(), make) as one:
                await _result(one)
                await _exit(one)
            done += 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(abreast):
            tasks.create_task(again())
    return done / (time.monotonic() - began_s)


def _shims(daemons: list[int]) -> list[int]:
    """Return the programs that stay with containers of an engine with daemons."""
    return named("containerd-shim") if daemons else []


def _by_word(runtime: str) -> bool:
    """Return whether the job is to be there when the program begins, not a pipe's later write."""
    return runtime == "process"


def _counted(held: ExitStack) -> Group | None:
    """Return a group that counts processor time; None where groups cannot be made."""
    try:
        return held.enter_context(group(f"time-{token()}"))
    except HostError:
        return None


def _cpu(counted: Group | None, used_ns: int) -> list[Value]:
    return [] if counted is None else [Value("cpu", used_ns / 1e6, "ms")]
