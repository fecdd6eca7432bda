"""Instances of a runtime under measurement: their start stamped, their programs known."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import struct
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from netsonde.bench._proc import Memory, memory, named, parent_of, resident_of_mapping, tree
from netsonde.bench._tiny import NOTE, noting
from netsonde.measure import job, request
from netsonde.model import Kind, Target
from netsonde.runtime import Limits, Runtime, RuntimeVantage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from netsonde.bench._groups import Group
    from netsonde.runtime import LabNetwork, Run
    from netsonde.runtime._launch import Launch

#: Runtimes whose programs an engine keeps, and the daemons of it.
ENGINES: dict[str, tuple[str, ...]] = {"podman": (), "docker": ("dockerd", "containerd")}
#: Seconds that an instance may run.
TIME_S = 600
_SECOND_NS = 1_000_000_000
#: What our child writes before that: its processor time when it is in its group.
_JOINED = struct.Struct("<q")


class Stamps:
    """When things happened at one start, in nanoseconds of the monotonic clock.

    Attributes:
        called_ns: When the user asked.
        ready_ns: When the image was verified and prepared, and the card plugged in.
        began_ns: When the program was executed.
        own_cpu_ns: Processor time of ours that the group of the program counts, before that.

    A tiny program notes it, which then becomes the one that is measured.
    """

    def __init__(self) -> None:
        self.called_ns = time.monotonic_ns()
        self.ready_ns = 0
        self.began_ns = 0
        self.own_cpu_ns = 0
        self._read, self._write = os.pipe()
        self._file = os.memfd_create("netsonde-stamp", os.MFD_CLOEXEC)
        os.write(self._file, noting(self._write, self._file))
        os.set_blocking(self._read, False)

    def stamped(self, launch: Launch) -> Launch:
        """Return a launch that notes when its program begins; all is prepared now."""
        first = launch.first

        def enter() -> None:
            if first is not None:
                first()
            cpu_ns = time.clock_gettime_ns(time.CLOCK_PROCESS_CPUTIME_ID)
            os.write(self._write, _JOINED.pack(cpu_ns))

        program = [f"/proc/self/fd/{self._file}", *launch.program]
        self.ready_ns = time.monotonic_ns()
        return launch._replace(
            program=program,
            descriptors=[*launch.descriptors, self._write, self._file],
            first=enter,
        )

    def close(self) -> None:
        """Take what was noted."""
        try:
            os.close(self._write)
            os.close(self._file)
            (joined_ns,) = _JOINED.unpack(os.read(self._read, _JOINED.size))
            seconds, rest, cpu_seconds, cpu_rest = NOTE.unpack(os.read(self._read, NOTE.size))
            self.began_ns = seconds * _SECOND_NS + rest
            self.own_cpu_ns = cpu_seconds * _SECOND_NS + cpu_rest - joined_ns
        except (BlockingIOError, struct.error):
            pass  # the program did not begin
        finally:
            os.close(self._read)


class Parts(NamedTuple):
    """The programs of an instance.

    Attributes:
        main: What runs the image: the process, QEMU, or what is in the container.
        monitor: What stays with it as long as it runs: conmon, containerd-shim.
        client: What the user started, where that is another program.
        engine: Daemons that all instances share.
    """

    main: tuple[int, ...]
    monitor: tuple[int, ...] = ()
    client: tuple[int, ...] = ()
    engine: tuple[int, ...] = ()

    def memory(self) -> dict[str, Memory]:
        """Return the memory of each part that there is."""
        return {name: memory(pids) for name, pids in self._asdict().items() if pids}


class Instance(NamedTuple):
    """One run, and how it was started."""

    name: str
    run: Run
    network: LabNetwork
    launch: Launch
    stamps: Stamps

    async def parts(self) -> Parts:
        """Return its programs."""
        if self.name not in ENGINES:
            return Parts(tuple(tree(self.run.pid)))
        pid = await container_pid(self.launch)
        monitor = parent_of(pid) if pid is not None else None
        return Parts(
            () if pid is None else (pid,),
            () if monitor is None else (monitor,),
            tuple(one for one in tree(self.run.pid) if one not in (pid, monitor)),
            tuple(named(*ENGINES[self.name])),
        )

    def guest_bytes(self) -> int | None:
        """Return the RAM of its guest that was touched; None if it has no guest."""
        size = guest_size(self.launch.program)
        if size is None:
            return None
        found = [resident_of_mapping(pid, size) for pid in tree(self.run.pid)]
        return max((one for one in found if one is not None), default=None)


def guest_size(program: Sequence[str]) -> int | None:
    """Return the RAM of a machine, as its command line has it."""
    if "-m" not in program:
        return None
    text = program[list(program).index("-m") + 1].lower().removeprefix("size=").split(",")[0]
    units = {"k": 10, "m": 20, "g": 30}
    return int(text[:-1]) << units[text[-1]] if text[-1:] in units else int(text) << 20


async def container_pid(launch: Launch) -> int | None:
    """Return the process of a container; None if it does not run."""
    program = list(launch.program)
    name = program[program.index("--name") + 1]
    asked = await asyncio.create_subprocess_exec(
        program[0], "inspect", "--format", "{{.State.Pid}}", name,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    text = (await asked.communicate())[0].strip()
    return int(text) if text.isdigit() and int(text) > 0 else None


def prepared(
    launch: Launch,
    *,
    task: bytes = b"",
    group: Group | None = None,
    first: Callable[[], None] | None = None,
    is_container: bool = False,
) -> Launch:
    """Return a launch with what an experiment needs.

    Args:
        launch: The launch.
        task: A job to be told on the command line, so that it is there when the program begins.
        group: The group to run in; of a container, what the engine starts runs in it.
        first: What is done before.
        is_container: Whether an engine runs it.
    """
    program = list(launch.program)
    if task:
        program.append(f"job={base64.b64encode(task).decode()}")
        launch = launch._replace(stdin=b"")
    if is_container and group is not None:
        at = program.index("run") + 1
        program[at:at] = ["--cgroup-parent", f"/{group.name}"]
    joins = group.join if group is not None and not is_container else None

    def enter() -> None:
        for action in (joins, first):
            if action is not None:
                action()

    return launch._replace(program=program, first=enter)


def echoes(*, count: int, interval_ms: int) -> Callable[[Runtime], bytes]:
    """Return what makes the job: echo requests to a target of the lab."""
    return lambda runtime: task(
        runtime, Kind.PING, {"count": count, "interval_ms": interval_ms, "rate_pps": 1_000}
    )


def tnt(runtime: Runtime) -> bytes:
    """Return the job of the comparison: the path to a target, with its tunnels revealed."""
    return task(runtime, Kind.TNT, {})


def task(runtime: Runtime, kind: Kind, options: dict[str, object]) -> bytes:
    """Return a job for the first IPv4 target of a runtime's lab."""
    vantage = RuntimeVantage(runtime)
    lab = getattr(runtime.network, "lab", None)
    assert lab is not None, "benchmarks run in labs"
    address = next(str(one) for one in lab.targets if one.version == 4)
    target = Target(address=address, source=vantage.source(address))
    return job(request(kind, options), vantage, [target])


@asynccontextmanager
async def instance(
    name: str,
    network: LabNetwork,
    make: Callable[[Runtime], bytes],
    *,
    group: Group | None = None,
    first: Callable[[], None] | None = None,
    by_word: bool = False,
    change: Callable[[Launch], Launch] = lambda launch: launch,
) -> AsyncIterator[Instance]:
    """Start an instance and yield it; when the context ends it is gone.

    Args:
        name: The runtime's name.
        network: What its card is plugged into.
        make: Makes its job.
        group: The group that it runs in.
        first: What is done between fork and exec.
        by_word: Whether the job is told on the command line of a process.
        change: What else is changed of its launch.
    """
    stamps = Stamps()
    launches: list[Launch] = []
    limits = Limits(time_s=TIME_S)

    def changed(launch: Launch) -> Launch:
        made = prepared(
            change(launch),
            task=launch.stdin.strip() if by_word else b"",
            group=group,
            first=first,
            is_container=name in ENGINES,
        )
        launches.append(made)
        return stamps.stamped(made)

    runtime = Runtime(name, network, limits=limits, change=changed)
    try:
        async with runtime.start(make(runtime)) as run:
            yield Instance(name, run, network, launches[-1], stamps)
    finally:
        # Not before: the program that notes the time may not have come to it.
        stamps.close()


def token() -> str:
    """Return a word that nobody else uses at the same time."""
    return secrets.token_hex(4)
