"""What a program asks of the kernel for itself and what it becomes, where Python has no call."""

from __future__ import annotations

import ctypes
import signal

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_THP_DISABLE = 41
_PR_SET_MEMORY_MERGE = 67
_LIBC = ctypes.CDLL(None, use_errno=True)


def end_with_parent(number: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send a signal when the parent ends; a change of user takes it back."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


def gain_no_right() -> None:
    """Let no program that is executed from now on have more rights than this one."""
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def have_small_pages() -> None:
    """Get no huge pages."""
    _LIBC.prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)


def have_pages_merged() -> None:
    """Have all pages merged with equal ones, where the kernel looks for them."""
    _LIBC.prctl(_PR_SET_MEMORY_MERGE, 1, 0, 0, 0)
