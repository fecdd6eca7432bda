"""Network namespaces without names: they are gone with the last descriptor of them."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from netsonde.model import HostError
from netsonde.runtime._programs import find

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

_CLONE_NEWNET = 0x4000_0000
_LIBC = ctypes.CDLL(None, use_errno=True)
_ETH_P_ALL = 3


class Namespace:
    """A network namespace; `close` lets it go.

    Args:
        descriptor: Of the namespace; None for a new one of our own.

    Raises:
        HostError: This process may not make one.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        def make() -> int:
            if _LIBC.unshare(_CLONE_NEWNET) != 0:
                reason = os.strerror(ctypes.get_errno())
                message = f"cannot make a network namespace: {reason}"
                raise HostError(message, "run as root; --lab with process or unikernel needs none")
            return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

        self._descriptor = _in_thread(make) if descriptor is None else descriptor

    def close(self) -> None:
        """Let it go; it ends once no card of it is open either."""
        os.close(self._descriptor)

    def inside(self, action: Callable[[], T]) -> T:
        """Return what an action comes to when it is done inside."""

        def within() -> T:
            self.enter()
            return action()

        return _in_thread(within)

    def enter(self) -> None:
        """Move this thread into it, for good.

        Raises:
            HostError: It may not.
        """
        if _LIBC.setns(self._descriptor, _CLONE_NEWNET) != 0:
            raise HostError(f"cannot enter a namespace: {os.strerror(ctypes.get_errno())}")

    def ip(self, lines: Sequence[str]) -> None:
        """Run commands of `ip` inside.

        Raises:
            HostError: One fails.
        """
        self.inside(lambda: ip(lines))

    def quiet(self, interface: str) -> None:
        """Let the kernel say nothing of its own on an interface: no IPv6, and so no discovery."""

        def write() -> None:
            setting = Path(f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6")
            with suppress(FileNotFoundError):  # a kernel without IPv6
                setting.write_text("1")

        self.inside(write)

    def packets(self, interface: str) -> socket.socket:
        """Return a socket for the frames of an interface inside."""

        def make() -> socket.socket:
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            made.bind((interface, _ETH_P_ALL))
            return made

        return self.inside(make)


def ip(lines: Sequence[str]) -> None:
    """Run commands of `ip` where this thread is.

    Raises:
        HostError: One fails, or there is no `ip`.
    """
    done = subprocess.run(  # noqa: S603 - no shell; the names are ours
        [find("ip"), "-batch", "-"],
        input="\n".join(lines) + "\n",
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines() or ["no reason given"]
        raise HostError(f"cannot set up the network of a run: {reason[0]}", "run as root")


def _in_thread(action: Callable[[], T]) -> T:
    """Do it in a thread of its own: namespaces are a thread's, and this one ends with it."""
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(action())
        except BaseException as error:  # passed on below
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]
