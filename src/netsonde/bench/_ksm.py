"""The kernel's search for equal pages (KSM), for the time of an experiment."""

from __future__ import annotations

import asyncio
import ctypes
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from netsonde.model import HostError
from netsonde.runtime import Ledger, Made
from netsonde.runtime._prctl import have_pages_merged, have_small_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path("/sys/kernel/mm/ksm")
#: Seconds that merging may take to settle, and between two looks at it.
SETTLE_S, LOOK_S = 30.0, 0.5
#: Looks in a row between which less than a hundredth changed: then it has settled.
STEADY_LOOKS = 4
#: Scans of all memory before that: the first one only notes which pages do not change.
SCANS = 3
#: How eagerly pages are looked for: a whole run over 20 machines takes less than a second.
_EAGER = {"pages_to_scan": "20000", "sleep_millisecs": "10", "smart_scan": "0", "run": "1"}

_ADDR_NO_RANDOMIZE = 0x0040000
_LIBC = ctypes.CDLL(None, use_errno=True)


@contextmanager
def merging(folder: Path = FOLDER) -> Iterator[None]:
    """Let the kernel merge equal pages as long as the context lasts.

    Afterwards all merged pages are apart again, and the settings are those from before.

    Raises:
        HostError: It cannot be switched on.
    """
    try:
        before = {
            name: (folder / name).read_text().strip() for name in _EAGER if (folder / name).exists()
        }
        if "run" not in before:
            raise FileNotFoundError(2, "the kernel has no KSM")
    except OSError as error:
        raise HostError(f"cannot read {folder}: {error.strerror}") from error
    changes = {name: text for name, text in before.items() if text != _EAGER[name]}
    ledger = Ledger("ksm")
    ledger.add(*(_change(folder, name, text) for name, text in changes.items()))
    try:
        try:
            for name in changes:
                (folder / name).write_text(_EAGER[name])
        except OSError as error:
            message = f"cannot switch KSM on: {error.strerror}"
            raise HostError(message, "it takes root") from error
        yield
    finally:
        ledger.settle()


def _change(folder: Path, name: str, before: str) -> Made:
    # What was merged is taken apart before the search stops.
    apart = ("2",) if name == "run" and before != "2" else ()
    return Made("setting", str(folder / name), texts=(_EAGER[name], *apart, before))


async def settled(folder: Path = FOLDER) -> float:
    """Wait until merging has settled or its time is over; return how long it took, in seconds."""
    waited, steady, last = 0.0, 0, -1
    scans = int((folder / "full_scans").read_text())
    while waited < SETTLE_S and steady < STEADY_LOOKS:
        await asyncio.sleep(LOOK_S)
        waited += LOOK_S
        if int((folder / "full_scans").read_text()) < scans + SCANS:
            continue
        now = int((folder / "pages_sharing").read_text())
        steady = steady + 1 if abs(now - last) <= max(now, last) / 100 else 0
        last = now
    return waited


def merge_all() -> None:
    """Let this program and what it becomes have all equal pages merged.

    Its addresses are no longer drawn at random and it gets no huge pages: else few pages are equal.
    Whoever shares the host can then learn by timing which pages a program holds, and guess its
    addresses: never the default.
    """
    have_pages_merged()
    have_small_pages()
    _LIBC.personality(_ADDR_NO_RANDOMIZE)
