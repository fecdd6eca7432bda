"""How a run is started: one program, whatever it starts in turn."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from typing import TYPE_CHECKING, NamedTuple

from netsonde.runtime._prctl import end_with_parent, gain_no_right, have_small_pages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from netsonde.runtime._namespace import Namespace

_LIBC = ctypes.CDLL(None, use_errno=True)


#: New namespaces of networks, host names and System V shared memory; of users.
_ALONE, _CLONE_NEWUSER = 0x4000_0000 | 0x0400_0000 | 0x0800_0000, 0x1000_0000


class Identity(NamedTuple):
    """Who a program runs as."""

    user: int
    group: int
    groups: tuple[int, ...] = ()


class Launch(NamedTuple):
    """A program and what it needs at its start.

    Attributes:
        program: Path and arguments.
        descriptors: What it inherits, under the same numbers.
        stdin: What it reads first.
        takes_stop: Whether a line `stop` on its standard input interrupts it.
        is_deaf_at_first: Whether it hears nothing before its first event, such as a machine that
            boots.
        statuses: Exit statuses that mean no failure.
        rlimits: Limits of the kernel on it, by number: `resource.RLIMIT_...`.
        identity: Who it runs as; None for who we are.
        at_three: A descriptor that it inherits as number 3; None for none.
        environment: Its environment.
        space: The network namespace that it runs in; None for ours.
        prepare: What is done between its start and the first octet of its input.
        gone: Tells what is gone without which the program waits for ever; nothing if nothing is.
        killed: Ends what goes on without the program, if that was killed.
        alone: Whether it sees nothing of this host's networks, names and shared memory, where this
            user may make namespaces, and can gain no right. What it needs it inherits.
        no_huge_pages: Whether it has small pages only, and takes no more than it touches.
        first: What it does first between fork and exec, still as who we are.
    """

    program: Sequence[str]
    descriptors: Sequence[int] = ()
    stdin: bytes = b""
    takes_stop: bool = False
    is_deaf_at_first: bool = False
    statuses: frozenset[int] = frozenset({0, 1})
    rlimits: Mapping[int, int] = {}
    identity: Identity | None = None
    at_three: int | None = None
    environment: Mapping[str, str] = {}
    space: Namespace | None = None
    prepare: Callable[[], Awaitable[None]] | None = None
    gone: Callable[[], Awaitable[str]] | None = None
    killed: Callable[[], object] | None = None
    alone: bool = False
    no_huge_pages: bool = False
    first: Callable[[], None] | None = None

    def entrance(self) -> Callable[[], None]:
        """Return what is to be called between fork and exec."""
        parent = os.getpid()
        return lambda: self._enter(parent)

    def _enter(self, parent: int) -> None:
        """Become what the program shall be.

        It dies with its parent: the kernel sends the signal even if that one is killed. It comes
        last, as a change of user takes it back; and a parent that is gone by then sends none.
        """
        if self.first is not None:
            self.first()
        # Ctrl-C is for us: we tell it to the program, which ends with what it has.
        os.setsid()
        for number, most in self.rlimits.items():
            # Never above what this host gives us: only root may raise it.
            hard = resource.getrlimit(number)[1]
            limit = min(most, sys.maxsize if hard == resource.RLIM_INFINITY else hard)
            resource.setrlimit(number, (limit, limit))
        if self.at_three is not None:
            os.dup2(self.at_three, 3, inheritable=True)
        for descriptor in self.descriptors:
            os.set_inheritable(descriptor, True)
        if self.space is not None:
            self.space.enter()
        if self.alone:
            _leave()
        if self.identity is not None:
            os.setgroups(self.identity.groups)
            os.setresgid(*[self.identity.group] * 3)
            os.setresuid(*[self.identity.user] * 3)
        if self.no_huge_pages:
            have_small_pages()
        end_with_parent()
        if os.getppid() != parent:
            os._exit(1)


def _leave() -> None:
    """Move into namespaces that have nothing, by a namespace of users where no right is held.

    Where neither may be made, what is started runs as before: a host that forbids it has its
    reasons, and the other walls stand.
    """
    if _LIBC.unshare(_ALONE) != 0:
        _LIBC.unshare(_ALONE | _CLONE_NEWUSER)
    gain_no_right()
