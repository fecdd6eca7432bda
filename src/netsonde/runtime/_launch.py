"""How a run is started: one program, whatever it starts in turn."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from netsonde.runtime._namespace import Namespace

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


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
        statuses: Exit statuses that mean no failure.
        rlimits: Limits of the kernel on it, by number: `resource.RLIMIT_...`.
        identity: Who it runs as; None for who we are.
        at_three: A descriptor that it inherits as number 3; None for none.
        environment: Its environment.
        space: The network namespace that it runs in; None for ours.
        prepare: What is done between its start and the first octet of its input.
    """

    program: Sequence[str]
    descriptors: Sequence[int] = ()
    stdin: bytes = b""
    takes_stop: bool = False
    statuses: frozenset[int] = frozenset({0, 1})
    rlimits: Mapping[int, int] = {}
    identity: Identity | None = None
    at_three: int | None = None
    environment: Mapping[str, str] = {}
    space: Namespace | None = None
    prepare: Callable[[], Awaitable[None]] | None = None

    def enter(self) -> None:
        """Become, between fork and exec, what the program shall be.

        It dies with us: the kernel sends the signal even if we are killed. That comes last, as a
        change of user takes it back.
        """
        for number, most in self.rlimits.items():
            resource.setrlimit(number, (most, most))
        if self.at_three is not None:
            os.dup2(self.at_three, 3, inheritable=True)
        for descriptor in self.descriptors:
            os.set_inheritable(descriptor, True)
        if self.space is not None:
            self.space.enter()
        if self.identity is not None:
            os.setgroups(self.identity.groups)
            os.setresgid(*[self.identity.group] * 3)
            os.setresuid(*[self.identity.user] * 3)
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
