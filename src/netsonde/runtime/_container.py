"""The image in a container of Docker or Podman: no registry, no rights, nothing to write to.

Podman hands the program an open descriptor, so the container has no capability at all. Docker
cannot: there the program finds its interface by name, and CAP_NET_RAW is the one that is left.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from netsonde.image import USER, archive, layout
from netsonde.model import HostError
from netsonde.runtime._card import MAC
from netsonde.runtime._conmon import end_watchers
from netsonde.runtime._launch import Launch
from netsonde.runtime._ledger import LABEL, Ledger, Made, container_name, is_alive, ourselves
from netsonde.runtime._programs import find, search_path

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from netsonde.image import Verified
    from netsonde.runtime._card import Card
    from netsonde.runtime._limits import Limits

EngineName = Literal["docker", "podman"]

#: The interface in a container of Docker.
INTERFACE = "card0"
#: Bytes of memory that a container may not have less of: the engines' own least is 6 MiB.
MEMORY_MIN = 8 << 20
#: Seconds in which a container has to run.
START_S = 30.0
#: The processes of a container of Podman.
_WATCHED = ("the container", "conmon, which watches the container,")
#: Processes and threads of a container: the image has one, runc before it about ten.
_TASKS = 64
#: Processes of nobody at most: as many as we may ask for.
_PROCESSES = min(resource.getrlimit(resource.RLIMIT_NPROC)[1] % (1 << 64), 1 << 12)
#: Seconds between two looks whether it does.
_LOOK_S = 0.02


async def prepared(engine: EngineName, image: Verified) -> str:
    """Load an image into an engine unless it is there; return its ID there.

    Raises:
        HostError: The engine is not there, does not answer, or has made another image of it.
    """
    program = find(engine)
    made = layout(image, may_send=engine == "docker")
    # By its digest: the name is that of the last one that was loaded, perhaps by another user.
    digest = made.config_digest
    if await _id_of(program, digest) == digest:
        return digest
    await _engine(program, "load", stdin=archive(made))
    if await _id_of(program, digest) == digest:
        return digest
    found = await _id_of(program, made.tag)
    message = f"{engine} has {found or 'nothing'} for {made.tag}, not {digest}"
    raise HostError(message, f"`{engine} image rm {made.tag}` lets it be loaded again")


async def choose() -> EngineName:
    """Return an engine that works here: Podman if both do, since it needs no capability.

    Raises:
        HostError: None does.
    """
    complaints = []
    names: tuple[EngineName, EngineName] = ("podman", "docker")
    for name in names:
        try:
            await _engine(find(name), "info")
        except HostError as error:
            complaints.append(f"{name}: {error.message}")
        else:
            return name
    message = f"no engine of containers works here ({'; '.join(complaints)})"
    raise HostError(message, "apt-get install podman")


@contextmanager
def container(
    engine: EngineName,
    image_id: str,
    *,
    card: Card,
    job: bytes,
    limits: Limits,
    run: str,
    plug: Callable[[int], Awaitable[None]] | None,
) -> Iterator[Launch]:
    """Yield what starts an image in a container.

    Args:
        engine: Docker or Podman.
        image_id: What `prepared` returned.
        card: Its card.
        job: What it runs.
        limits: What it may use.
        run: Its name.
        plug: Brings the interface `INTERFACE` into the namespace of a process; for Docker.
    """
    program, name = find(engine), container_name(run)
    ledger = Ledger(run)
    ledger.add(Made("container", name, engine))
    words = [*card.words(), f"deadline_ms={limits.time_s * 1_000}", "eof=stop"]
    words.append("fd=3" if plug is None else f"if={INTERFACE}")
    words += [f"mac={MAC}"] if card.frames and plug is None else []

    async def prepare() -> None:
        if plug is not None:
            await plug(await _pid_of(program, name))

    async def gone() -> str:
        return await _gone(program, name)

    try:
        yield Launch(
            program=[
                *(
                    program,
                    *_lower(engine),
                    "run",
                    *arguments(engine, name, limits, by_name=plug is not None),
                ),
                *(image_id, *words),
            ],
            stdin=job + b"\n",
            takes_stop=True,
            rlimits={resource.RLIMIT_CORE: 0},
            at_three=card.descriptor if plug is None else None,
            environment={**os.environ, "PATH": search_path()},
            prepare=prepare,
            gone=gone if engine == "podman" else None,
            killed=partial(end_watchers, name) if engine == "podman" else None,
        )
    finally:
        ledger.settle()


def arguments(engine: EngineName, name: str, limits: Limits, *, by_name: bool) -> list[str]:
    """Return the options of `run` that leave a container next to nothing."""
    memory = max(limits.memory_bytes, MEMORY_MIN)
    found = [
        *("--rm", "--interactive", "--name", name, "--label", f"{LABEL}={ourselves()}"),
        *("--pull", "never", "--network", "none", "--read-only", "--user", USER),
        *("--cap-drop", "ALL", "--log-driver", "none", "--stop-timeout", "1"),
        *("--memory", str(memory), "--memory-swap", str(memory), "--pids-limit", str(_TASKS)),
        *("--ulimit", f"cpu={limits.cpu_s}:{limits.cpu_s}", "--ulimit", "core=0:0"),
        # Without these Podman asks for its own, which this host may not allow. Processes are
        # counted by user, all of nobody's together: the limit on this container is another one.
        *("--ulimit", "nofile=64:64", "--ulimit", f"nproc={_PROCESSES}:{_PROCESSES}"),
    ]
    # The file's own capability is not granted to who may gain none.
    found += ["--cap-add", "NET_RAW"] if by_name else ["--security-opt", "no-new-privileges"]
    return [*found, "--preserve-fds", "1"] if engine == "podman" and not by_name else found


def _lower(engine: EngineName) -> list[str]:
    """Return what Podman is to start containers with: crun refuses hosts with both cgroups."""
    is_unified = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    runc = shutil.which("runc", path=search_path())
    return [] if engine == "docker" or is_unified or runc is None else ["--runtime", runc]


async def _pid_of(program: str, name: str) -> int:
    """Return the process of a container, once it runs."""
    try:
        async with asyncio.timeout(START_S):
            while True:
                shown = await _run(program, "inspect", "--format", "{{.State.Pid}}", name)
                text = shown[1].decode().strip()
                if shown[0] == 0 and text.isdecimal() and int(text) > 0:
                    return int(text)
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        message = f"the container did not start in {START_S:g} s"
        raise HostError(message, f"`{Path(program).name} info` tells more") from None


async def _gone(program: str, name: str) -> str:
    """Return which process of a container is gone that Podman believes to run.

    There is no daemon: whoever kills the process that watches the container leaves a `podman run`
    that waits for ever.
    """
    pids = "{{.State.Pid}} {{.State.ConmonPid}}"
    status, shown, _ = await _run(program, "inspect", "--format", pids, name)
    numbers = shown.decode().split()
    if status == 0 and len(numbers) == len(_WATCHED):
        for number, what in zip(numbers, _WATCHED, strict=True):
            if int(number) > 0 and not is_alive(int(number)):
                return what
    return ""


async def _id_of(program: str, image: str) -> str:
    shown = await _run(program, "image", "inspect", "--format", "{{.Id}}", image)
    text = shown[1].decode().strip() if shown[0] == 0 else ""
    return text if text.startswith("sha256:") or not text else f"sha256:{text}"


async def _engine(program: str, *arguments: str, stdin: bytes = b"") -> bytes:
    """Return what a command of the engine prints.

    Raises:
        HostError: It fails.
    """
    status, out, complaint = await _run(program, *arguments, stdin=stdin)
    if status != 0:
        lines = complaint.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise HostError(lines[-1], f"`{program} {arguments[0]}` failed; is its service running?")
    return out


async def _run(program: str, *arguments: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PATH": search_path()},
    )
    try:
        out, complaint = await process.communicate(stdin)
    except BaseException:
        with suppress(ProcessLookupError):  # it has just ended
            process.kill()
        await process.wait()
        raise
    assert process.returncode is not None, "it was waited for"
    return process.returncode, out, complaint
