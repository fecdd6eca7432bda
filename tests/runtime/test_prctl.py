"""What a program asked for itself holds for what it becomes."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from netsonde.runtime._prctl import (
    end_with_parent,
    gain_no_right,
    have_pages_merged,
    have_small_pages,
)

#: Asks the kernel: the signal at the parent's end, new rights, huge pages, merging.
_SHOW = """
import ctypes, json
number, call = ctypes.c_int(), ctypes.CDLL(None).prctl
call(2, ctypes.byref(number), 0, 0, 0)
print(json.dumps([number.value, *(call(what, 0, 0, 0, 0) for what in (39, 42, 68))]))
"""


def nothing() -> None:
    """Ask for nothing."""


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (nothing, [0, 0, 0, 0]),
        (end_with_parent, [signal.SIGKILL, 0, 0, 0]),
        (lambda: end_with_parent(signal.SIGTERM), [signal.SIGTERM, 0, 0, 0]),
        (gain_no_right, [0, 1, 0, 0]),
        (have_small_pages, [0, 0, 1, 0]),
        (have_pages_merged, [0, 0, 0, 1]),
    ],
)
def test_it_gets_what_it_asked_for(ask: Callable[[], None], expected: list[int]) -> None:
    command = [sys.executable, "-I", "-c", _SHOW]
    done = subprocess.run(command, check=True, capture_output=True, preexec_fn=ask)
    found = json.loads(done.stdout)
    if ask is have_pages_merged and found[-1] < 0:
        expected = [*expected[:-1], -1]  # a kernel before 6.4, or one without KSM
    assert found == expected
