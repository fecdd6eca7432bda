"""This host as vantage: its sockets are opened here, and used by a process without rights.

What parses hostile bytes must have nothing to lose. So this process, perhaps root's, opens the
sockets and starts another one that inherits them and gives up everything else before the first
packet; jobs and events pass between the two on pipes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from netsonde import _core
from netsonde.measure._interface_mtu import interface_mtu, largest_mtu
from netsonde.measure._links import NO_RAW_HINT, Needs, Opened, open_sockets, tell_routes
from netsonde.measure._streams import CHUNK_BYTES, EVENT, Frame, feed, frames
from netsonde.model import HostError, Privilege, UsageError

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncGenerator, AsyncIterable

    from netsonde.model import Address

#: A port for choosing a route: nothing is sent there.
_ROUTE_PORT = 33_434
_PROGRAM = Path(__file__).with_name("_engine_process.py")


class Host:
    """Measures from this host.

    Args:
        privilege: Raw sockets (`raw`), UDP and ping sockets only (`none`), or the best that
            the host allows (`auto`).
        link: With raw sockets, how packets leave: as Ethernet frames where the routes are plain
            (`auto`), frames for the targets or not at all (`packet`), raw sockets only (`raw`).
    """

    is_virtual = False

    def __init__(
        self,
        privilege: Literal["auto", "raw", "none"] = "auto",
        link: Literal["auto", "packet", "raw"] = "auto",
    ) -> None:
        self._wanted = privilege
        self._link = link

    def privilege(self) -> Privilege:
        """Return what measurements from here see.

        Raises:
            HostError: Raw sockets were asked for and are not allowed.
        """
        if self._wanted == "none":
            return Privilege.NONE
        if allows_raw():
            return Privilege.RAW
        if self._wanted == "raw":
            message = "raw sockets are not allowed: this process lacks CAP_NET_RAW"
            raise HostError(message, NO_RAW_HINT)
        return Privilege.NONE

    def known_addresses(self, name: str) -> tuple[Address, ...]:
        """Return no address: names are the resolver's business."""
        del name
        return ()

    def known_name(self, address: Address) -> str:
        """Return nothing: names are the resolver's business."""
        del address
        return ""

    def source(self, target: Address) -> Address:
        """Return the address from which the kernel would send to a target.

        Raises:
            HostError: There is no route to it.
            UsageError: It is no address of a single host.
        """
        family = socket.AF_INET6 if ":" in target else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                # Connecting sends nothing: it makes the kernel choose a route and an address.
                probe.connect((target, _ROUTE_PORT))
                return str(probe.getsockname()[0])
        except PermissionError:
            message = f"{target} is a broadcast address: many hosts would answer"
            raise UsageError(message, "give the address of one host") from None
        except OSError as error:
            version = 6 if family == socket.AF_INET6 else 4
            message = f"no route to {target}: {error.strerror}"
            hint = f"`ip -{version} route get {target}` shows what the kernel makes of it"
            raise HostError(message, hint) from None

    def routes(self) -> _core.Routes:
        """Return the kernel's routes as they are now.

        Its `fill(packed)` gives packed targets (`_streams.pack`) the sources that the kernel would
        take, a million a second, and returns with them those to which there is no route.

        Raises:
            HostError: The kernel does not tell.
        """
        try:
            return _core.Routes()
        except OSError as error:
            message = f"cannot read the routes: {error.strerror}"
            raise HostError(message, "`ip route` shows whether netlink works here") from error

    def mtu(self, source: Address | None) -> int:
        """Return the MTU of the interface that has an address; the largest of any without one.

        Raises:
            HostError: None has it.
        """
        return largest_mtu() if source is None else interface_mtu(source)

    async def run(
        self, job: bytes, stop: asyncio.Event, *, capture: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Run a job in a sealed process and yield its events.

        Raises:
            HostError: The sockets cannot be opened, or the process fails.
        """
        async with aclosing(self.stream(job, None, stop, capture=capture)) as stream:
            async for frame in stream:
                yield frame.payload

    async def stream(
        self,
        job: bytes,
        targets: AsyncIterable[bytes] | None,
        stop: asyncio.Event,
        *,
        capture: int | None = None,
    ) -> AsyncGenerator[Frame, None]:
        """Run a job in a sealed process and yield its output, in pieces.

        Args:
            job: One JSON object; `output` in it says what the pieces are, and `stream_targets`
                whether targets follow.
            targets: Those targets, packed (`_streams.pack`), any number of them at once. They are
                asked for as the engine needs them.
            stop: Set by the caller to interrupt.
            capture: A descriptor to which what is sent and received is written, as pcapng.

        Raises:
            HostError: The sockets cannot be opened, or the process fails.
        """
        needs = msgspec.json.decode(job, type=Needs)
        opened = open_sockets(needs, self._link)
        if capture is not None:
            sockets = [*opened.sockets, ("capture", os.dup(capture))]
            opened = opened._replace(sockets=sockets)
        process = await _start(needs, opened)
        assert process.stdin is not None, "it was piped"
        assert process.stdout is not None, "it was piped"
        feeding = asyncio.ensure_future(feed(process.stdin, job, targets))
        telling = asyncio.ensure_future(tell_routes(opened))
        waiting: asyncio.Future[Any] = asyncio.ensure_future(stop.wait())
        last = b""
        try:
            output = frames(process.stdout, process.stdin, needs.output, waiting)
            async with aclosing(output) as pieces:
                async for piece in pieces:
                    last = piece.payload if piece.kind == EVENT else last
                    yield piece
            await process.wait()
            if feeding.done():
                await feeding
        finally:
            waiting.cancel()
            feeding.cancel()
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            complaint = await _end(process)
        _check(process.returncode, last, complaint)


def allows_raw() -> bool:
    """Return whether this process may open raw sockets."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW).close()
    except OSError:
        return False
    return True


class _Kind(msgspec.Struct):
    type: str


async def _start(needs: Needs, opened: Opened) -> Process:
    """Start the engine that inherits the sockets; close ours."""
    descriptors = [descriptor for _, descriptor in opened.sockets]
    named = ",".join(f"{role}={descriptor}" for role, descriptor in opened.sockets)
    program = [sys.executable, "-I", "-S", "-B", str(_PROGRAM), str(_core.__file__), named]
    program.append(str(needs.rate_pps))
    try:
        return await asyncio.create_subprocess_exec(
            *program,
            limit=CHUNK_BYTES,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=descriptors,
            cwd="/",
            # Only what the interpreter may need to find its own library.
            env={name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
        )
    except OSError as error:
        message = f"cannot start {sys.executable}: {error.strerror}"
        raise HostError(message, "the Python that runs netsonde must be there to start") from error
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


async def _end(process: Process) -> str:
    """End the engine if it runs still; return what it wrote on standard error."""
    with suppress(ProcessLookupError):
        if process.returncode is None:
            process.kill()
    _, complaint = await process.communicate()
    return complaint.decode(errors="replace").strip()


def _check(status: int | None, last: bytes, complaint: str) -> None:
    """Raise an error if the engine ended otherwise than by its last event."""
    assert status is not None, "it was waited for"
    if status == 0 and last and msgspec.json.decode(last, type=_Kind).type in ("done", "failed"):
        return
    if status == -signal.SIGSYS:
        what, hint = "made a system call that is forbidden to it", "please report this"
    elif status < 0:
        what, hint = f"was ended by {signal.Signals(-status).name}", ""
    else:
        what, hint = f"ended with status {status}", "please report this"
    detail = f": {complaint.splitlines()[-1]}" if complaint else ""
    message = f"the measuring process {what}{detail}"
    raise HostError(message, hint)
