"""One run: starts its program, yields its events, keeps its limits, and leaves nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from contextlib import asynccontextmanager, closing, suppress
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

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncGenerator, AsyncIterator

    from netsonde.model import RuntimeRecord
    from netsonde.runtime._launch import Launch
    from netsonde.runtime._limits import Limits

#: Octets of one line at most.
LINE_BYTES_MAX = 16 << 20
#: Octets of complaints that are kept.
COMPLAINT_BYTES_MAX = 4_096
#: Seconds that a run has to end after its last event, or after its time is over.
GRACE_S = 5.0
#: Seconds without output after which it is looked whether what runs is there still.
QUIET_S = 5.0
_CHUNK_BYTES = 1 << 16
_STOP = b"stop\n"


class Run:
    """A run under way: iterate over it for its events.

    Args:
        process: The program.
        output: What it writes.
        launch: How it was started.
        limits: What it may use.
        record: What results say of where they come from.
        began: When it was started, on the clock of `time.monotonic`.
    """

    def __init__(
        self,
        process: Process,
        output: asyncio.StreamReader,
        launch: Launch,
        limits: Limits,
        *,
        record: RuntimeRecord,
        began: float,
    ) -> None:
        self._process = process
        self._reader = output
        self._launch = launch
        self._limits = limits
        self._began = began
        self._has_ended = False
        self._is_stopped = False
        self._is_fed = False
        self._ahead = self._complaint = b""
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
        left = self._limits.time_s - (time.monotonic() - self._began)
        try:
            async with asyncio.timeout(max(left, 0) + GRACE_S):
                async for line in self._output():
                    yield line
        except TimeoutError:
            message = f"the run took longer than {self._limits.time_s} s"
            raise HostError(message, "--runtime-limit time=SECONDS gives it more") from None
        if not self._has_ended and not self._is_stopped:
            raise await self._failure()

    async def was_lost(self, complaint: str) -> bool:
        """Wait for the first octet of output; return whether there is none, but a complaint.

        What was read is not lost: `lines` begins with it.
        """
        assert self._process.stderr is not None, "it was piped"
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.time_s):
                self._ahead = await self._reader.read(_CHUNK_BYTES)
                if not self._ahead:
                    self._complaint = await self._process.stderr.read(COMPLAINT_BYTES_MAX)
        return complaint.encode() in self._complaint

    def stop(self) -> None:
        """End the job with what it has; a second time, at once."""
        if self._launch.takes_stop and not self._is_stopped:
            if self._is_fed:  # else it follows the job
                self._write(_STOP)
        else:
            self.stop_at_once()
        self._is_stopped = True

    async def feed(self) -> None:
        """Give the program its input; what is gone already is told of by its output."""
        if self._launch.prepare is not None:
            try:
                await self._launch.prepare()
            except BaseException:
                self.stop_at_once()
                raise
        self._is_fed = True
        self._write(self._launch.stdin + (_STOP if self._is_stopped else b""))
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
        await self._process.wait()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None  # its number may be another descriptor's soon

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
            try:
                async with asyncio.timeout(QUIET_S):
                    return await self._reader.read(_CHUNK_BYTES)
            except TimeoutError:
                gone = self._launch.gone
                if gone is not None and (what := await gone()):
                    raise HostError(f"{what} is gone, without a result") from None

    def _checked(self, line: bytes) -> bytes:
        """Return an event, and with the first one and with results what it came from."""
        try:
            event = decode_event(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HostError(f"the run wrote what is no event: {error}") from None
        self._has_ended = isinstance(event, Done | Failed)
        if isinstance(event, Start | PingResult | TraceResult | TntResult):
            return msgspec.json.encode(msgspec.structs.replace(event, runtime=self.record))
        return line

    async def _failure(self) -> NetsondeError:
        """Return what is to be said of a run that ended without its last event."""
        complaint = self._complaint
        if self._process.stderr is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    complaint += await self._process.stderr.read(COMPLAINT_BYTES_MAX)
                    await self._process.wait()
        self.stop_at_once()
        status = await self._process.wait()
        lines = complaint.decode(errors="replace").strip().splitlines()
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
    began = time.monotonic()
    # A socket, no pipe: of a pipe that has just been full, QEMU loses octets.
    ours, theirs = socket.socketpair()
    with theirs:
        output, transport = await asyncio.open_connection(sock=ours)
        with closing(transport):
            process = await _program(launch, theirs)
            theirs.close()
            run = Run(process, output, launch, limits, record=record, began=began)
            feeding = asyncio.ensure_future(run.feed())
            try:
                yield run
            finally:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)
                await run.end()
    if not feeding.cancelled() and (failure := feeding.exception()) is not None:
        raise failure


async def _program(launch: Launch, output: socket.socket) -> Process:
    """Start a program that writes to a socket.

    Raises:
        HostError: It cannot be started.
    """
    try:
        return await asyncio.create_subprocess_exec(
            *launch.program,
            stdin=asyncio.subprocess.PIPE,
            stdout=output.fileno(),
            stderr=asyncio.subprocess.PIPE,
            # Nothing of ours is inheritable but what `enter` makes so.
            close_fds=False,
            preexec_fn=launch.entrance(),
            env=dict(launch.environment),
        )
    except OSError as error:
        message = f"cannot start {launch.program[0]}: {error.strerror}"
        raise HostError(message, "`netsonde doctor` tells what this host has") from error
