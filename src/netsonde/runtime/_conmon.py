"""What Podman forgets.

Killed while it makes a container, Podman may know none, or one that was only described. What it
had started goes on without it: conmon, which watches a container, has it made, and both wait for
ever for somebody to start it.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from netsonde.model import HostError
from netsonde.runtime._programs import search_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Milliseconds that a watcher has to end by itself, as it does after its container.
ENDS_MS = 500
#: How often its container is ended before it is killed itself: it may be making it just then.
TRIES = 10
#: Seconds that ending a container may take.
REMOVE_S = 60.0
#: What makes containers for conmon; each knows its own alone.
_MAKERS = ("runc", "crun")
_WATCHER = "conmon"


class Watcher(NamedTuple):
    """A process that watches a container.

    Attributes:
        pid: Its number.
        name: The container's name.
        container: The container's ID.
    """

    pid: int
    name: str
    container: str


def watchers() -> Iterator[Watcher]:
    """Yield what watches a container for this user.

    Command lines of other users are not read: they may say what they like.
    """
    for place in Path("/proc").iterdir():
        if place.name.isdecimal() and (found := _read(int(place.name))) is not None:
            yield found


def end_watchers(name: str) -> bool:
    """End what watches a container and does not end by itself, and the container.

    Returns:
        Whether there was something to end.

    Raises:
        HostError: It is there still.
    """
    is_found = False
    for watcher in [one for one in watchers() if one.name == name]:
        with suppress(ProcessLookupError), os.fdopen(os.pidfd_open(watcher.pid)) as handle:
            # A number may be another process's by now; from here on it is not.
            if _read(watcher.pid) == watcher and not _ends(handle.fileno()):
                _end(watcher, handle.fileno())
                is_found = True
    return is_found


def _end(watcher: Watcher, handle: int) -> None:
    found = [shutil.which(maker, path=search_path()) for maker in _MAKERS]
    makers = [maker for maker in found if maker is not None]
    for _ in range(TRIES):
        for maker in makers:
            _run(maker, "delete", "--force", watcher.container)
        if _ends(handle):
            return
    signal.pidfd_send_signal(handle, signal.SIGKILL)
    if not _ends(handle):
        raise HostError(f"cannot end {_WATCHER}, which watches the container {watcher.name}")


def _ends(handle: int) -> bool:
    """Wait a little for a process to end; return whether it has."""
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(ENDS_MS))


def _run(*command: str) -> None:
    with suppress(subprocess.TimeoutExpired):  # then it is tried again
        subprocess.run(command, check=False, capture_output=True, timeout=REMOVE_S)  # noqa: S603


def _read(pid: int) -> Watcher | None:
    place = Path(f"/proc/{pid}")
    try:
        if place.stat().st_uid != os.geteuid():
            return None
        words = (place / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return None  # it is gone
    name, container = _after("-n", words), _after("-c", words)
    if Path(words[0]).name != _WATCHER or not name or not container.isalnum():
        return None
    return Watcher(pid, name, container)


def _after(option: str, words: Sequence[str]) -> str:
    with suppress(ValueError, IndexError):
        return words[words.index(option) + 1]
    return ""
