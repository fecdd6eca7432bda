"""One run: starts its program, yields its events, keeps its limits, and leaves nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import asynccontextmanager, closing, suppress
from subprocess import SubprocessError
from typing import TYPE_CHECKING

import msgspec

from netsonde.model import (
    Done,
    Event,
    Failed,
    HostError,
    NetsondeError,
    PingResult,
    Start,
    TntResult,
    TraceResult,
    decode_event,
)
from netsonde.runtime._complaints import complaining

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncGenerator, AsyncIterator

    from netsonde.model import RuntimeRecord
    from netsonde.runtime._complaints import Complaints
    from netsonde.runtime._launch import Launch
    from netsonde.runtime._limits import Limits

#: Octets of one line at most.
LINE_BYTES_MAX = 16 << 20
#: Seconds that a run has to end after its time is over, and its last words to come after its end.
GRACE_S = 5.0
#: Seconds without output after which it is looked whether what runs is there still, and that the
#: look may take.
QUIET_S, LOOK_S = 5.0, 30.0
_CHUNK_BYTES = 1 << 16
_STOP = b"stop\n"


class Run:
    """A run under way: iterate over it for its events.

    Args:
        process: The program.
        output: What it writes.
        complaints: What it complains of.
        launch: How it was started.
        limits: What it may use.
        record: What results say of where they come from.
    """

    def __init__(
        self,
        process: Process,
        output: asyncio.StreamReader,
        complaints: Complaints,
        launch: Launch,
        limits: Limits,
        *,
        record: RuntimeRecord,
    ) -> None:
        self._process = process
        self._reader = output
        self._complaints = complaints
        self._launch = launch
        self._limits = limits
        self._has_begun = self._has_ended = False
        # Asked to end; ended at once, as it was asked for; its time was over.
        self._is_stopped = self._is_given_up = self._is_late = False
        self._is_fed = False
        self._ahead = b""
        # A number may be another process's by the time it is killed; a descriptor never is.
        self._handle: int | None = None
        with suppress(ProcessLookupError):  # it is gone already
            self._handle = os.pidfd_open(process.pid)
        self.record = record

    @property
    def pid(self) -> int:
        """The program's number."""
        return self._process.pid

    async def __aiter__(self) -> AsyncGenerator[Event, None]:
        """Yield the events, decoded."""
        async for line in self.lines():
            yield decode_event(line)

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """Yield the events, one JSON object each; the last one is `done` or `failed`.

        Raises:
            HostError: A limit was passed, or the program ended otherwise than by its last event.
        """
        async for line in self._output():
            yield line
        if not self._has_ended and not self._is_given_up:
            raise await self._failure()

    async def was_lost(self, complaint: str) -> bool:
        """Wait for the first octet of output; return whether there is none, but a complaint.

        What was read is not lost: `lines` begins with it.

        Raises:
            HostError: The program waits for what is gone.
        """
        self._ahead = await self._read()
        return not self._ahead and complaint in await self._complaints.text(GRACE_S)

    def stop(self) -> None:
        """End the job with what it has; a second time, at once."""
        if self._launch.takes_stop and not self._is_stopped:
            if self._can_hear():  # else it is told once it can
                self._write(_STOP)
        else:
            self._is_given_up = True
            self.stop_at_once()
        self._is_stopped = True

    def expire(self) -> None:
        """End it since its time is over."""
        self._is_late = True
        self.stop_at_once()

    def _can_hear(self) -> bool:
        return self._is_fed and (self._has_begun or not self._launch.is_deaf_at_first)

    async def feed(self) -> None:
        """Give the program its input; what is gone already is told of by its output."""
        if self._launch.prepare is not None:
            try:
                await self._launch.prepare()
            except BaseException:
                self.stop_at_once()
                raise
        self._is_fed = True
        is_due = self._is_stopped and self._can_hear()
        self._write(self._launch.stdin + (_STOP if is_due else b""))
        assert self._process.stdin is not None, "it was piped"
        with suppress(BrokenPipeError, ConnectionResetError):
            await self._process.stdin.drain()

    def _write(self, text: bytes) -> None:
        if self._process.stdin is not None:
            with suppress(OSError, RuntimeError):
                self._process.stdin.write(text)

    async def end(self) -> None:
        """End what runs still."""
        self.stop_at_once()
        try:
            status = await self._status()
        finally:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None  # its number may be another descriptor's soon
        if status < 0 and self._launch.killed is not None:
            await asyncio.to_thread(self._launch.killed)

    async def _status(self) -> int:
        """Wait for the end of the program, and of nothing that it started in turn."""
        # The library waits for the other end of this pipe as well, whoever has it.
        if self._process.stdin is not None and not self._process.stdin.transport.is_closing():
            self._process.stdin.transport.abort()
        return await self._process.wait()

    def stop_at_once(self) -> None:
        """Kill the program, if it runs still."""
        if self._handle is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    async def _output(self) -> AsyncGenerator[bytes, None]:
        """Yield lines that are events: firmware and kernels write others before."""
        seen, rest = 0, b""
        while chunk := await self._read():
            seen += len(chunk)
            if seen > self._limits.console_bytes or len(rest) > LINE_BYTES_MAX:
                message = f"the run wrote more than {self._limits.console_bytes} octets"
                raise HostError(message, "--runtime-limit console=SIZE lets it write more")
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                bare = line.strip()
                if bare.startswith(b"{"):
                    yield self._checked(bare)
                    if self._has_ended:
                        return

    async def _read(self) -> bytes:
        """Return what comes next; nothing at the end.

        Raises:
            HostError: The program waits for what is gone.
        """
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            return ahead
        while True:
            with suppress(TimeoutError):
                return await self._read_within(GRACE_S if self._is_late else QUIET_S)
            if self._is_late:
                return b""  # what it started in turn has the other end
            if what := await self._gone():
                # It may have ended well just now, and its last words are on their way.
                with suppress(TimeoutError):
                    return await self._read_within(GRACE_S)
                raise HostError(f"{what} is gone, without a result")

    async def _read_within(self, seconds: float) -> bytes:
        async with asyncio.timeout(seconds):
            return await self._reader.read(_CHUNK_BYTES)

    async def _gone(self) -> str:
        """Return what the program waits for that is gone; nothing if nobody can tell."""
        if self._launch.gone is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    return await self._launch.gone()
        return ""

    def _checked(self, line: bytes) -> bytes:
        """Return an event, and with the first one and with results what it came from."""
        try:
            event = decode_event(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HostError(f"the run wrote what is no event: {error}") from None
        self._has_ended = isinstance(event, Done | Failed)
        if not self._has_begun:
            self._has_begun = True
            if self._is_stopped and self._launch.is_deaf_at_first:
                self._write(_STOP)
        if isinstance(event, Start | PingResult | TraceResult | TntResult):
            return msgspec.json.encode(msgspec.structs.replace(event, runtime=self.record))
        return line

    async def _failure(self) -> NetsondeError:
        """Return what is to be said of a run that ended without its last event."""
        if self._is_late:
            message = f"the run took longer than {self._limits.time_s} s"
            return HostError(message, "--runtime-limit time=SECONDS gives it more")
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await self._status()
        self.stop_at_once()
        status = await self._status()
        lines = (await self._complaints.text(GRACE_S)).splitlines()
        detail = f": {lines[-1]}" if lines else ""
        if status == -signal.SIGSYS:
            return HostError(f"the image made a system call that is forbidden to it{detail}")
        if status == -signal.SIGXCPU or (status == -signal.SIGKILL and not detail):
            hint = "--runtime-limit cpu=SECONDS and memory=SIZE give it more"
            return HostError("the run was ended by the kernel: a limit was passed", hint)
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        return HostError(f"{self.record.name} ended without a result ({how}){detail}")


@asynccontextmanager
async def started(launch: Launch, limits: Limits, record: RuntimeRecord) -> AsyncIterator[Run]:
    """Start a program and yield its run; when the context ends, the program is gone.

    Raises:
        HostError: It cannot be started.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + limits.time_s + GRACE_S
    told: NetsondeError | None = None
    async with _listening() as (output, out), complaining() as (complaints, err):
        process = await _program(launch, out.fileno(), err.fileno())
        out.close()
        err.close()
        run = Run(process, output, complaints, launch, limits, record=record)
        feeding = asyncio.ensure_future(run.feed())
        # By the clock, whoever reads and however slowly: no task waits all the time.
        late = loop.call_at(until, run.expire)
        try:
            yield run
        except NetsondeError as error:
            told = error
        finally:
            late.cancel()
            feeding.cancel()
            try:
                await asyncio.gather(feeding, return_exceptions=True)
            finally:
                await run.end()
    # What the program says of what it was not given is less.
    if not feeding.cancelled() and (failure := feeding.exception()) is not None:
        raise failure from told
    if told is not None:
        raise told


@asynccontextmanager
async def _listening() -> AsyncIterator[tuple[asyncio.StreamReader, socket.socket]]:
    """Yield what a program writes, and what it is to write to."""
    # A socket, no pipe: of a pipe that has just been full, QEMU loses octets.
    ours, theirs = socket.socketpair()
    with theirs:
        output, transport = await asyncio.open_connection(sock=ours)
        with closing(transport):
            yield output, theirs


async def _program(launch: Launch, output: int, complaints: int) -> Process:
    """Start a program that writes to two descriptors.

    Raises:
        HostError: It cannot be started.
    """
    try:
        return await asyncio.create_subprocess_exec(
            *launch.program,
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=complaints,
            # Nothing of ours is inheritable but what `enter` makes so.
            close_fds=False,
            preexec_fn=launch.entrance(),
            env=dict(launch.environment),
        )
    except OSError as error:
        message = f"cannot start {launch.program[0]}: {error.strerror}"
        raise HostError(message, "`netsonde doctor` tells what this host has") from error
    except SubprocessError as error:
        # It was not yet the program: the library does not tell more.
        message = f"cannot start {launch.program[0]} with its user, limits and namespaces"
        hint = "a namespace of users or a container may forbid it: root becomes nobody for it"
        raise HostError(message, hint) from error
