"""What runs change of the kernel's, and how it becomes as before: control groups, settings."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from netsonde.model import HostError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Seconds that the last programs of a group have to go.
EMPTY_S = 10.0


def remove_group(folder: Path) -> bool:
    """End what runs in a control group still, and remove it; return whether it was there.

    Raises:
        HostError: It stays.
    """
    was_there, until = folder.exists(), time.monotonic() + EMPTY_S
    while folder.exists():
        for one in [*folder.rglob("cgroup.procs")]:
            _kill(one)
        # From the leaves up: engines make groups of their own below.
        for below in sorted(folder.rglob("*/"), reverse=True):
            with suppress(OSError):
                below.rmdir()
        with suppress(OSError):
            folder.rmdir()
        if folder.exists() and time.monotonic() > until:
            raise HostError(f"the control group {folder} cannot be removed")
    return was_there


def put_back(setting: Path, texts: Sequence[str]) -> bool:
    """Put a setting back; return whether it was changed.

    What is neither ours nor on the way back is another's, such as after a restart of the host.

    Args:
        setting: Its file.
        texts: What a run made of it, and then what is written to it, one after the other: the
            last one is what it was before.

    Raises:
        HostError: It cannot be written.
    """
    *ours, before = texts
    try:
        if setting.read_text().strip() not in ours:
            return False
        for text in texts[1:]:
            setting.write_text(text)
    except FileNotFoundError:
        return False  # such as of a module that was unloaded
    except OSError as error:
        message = f"cannot write {setting}: {error.strerror}"
        raise HostError(message, f"it was {before}") from error
    return True


def _kill(procs: Path) -> None:
    with suppress(OSError):
        for text in procs.read_text().split():
            if int(text) != os.getpid():
                os.kill(int(text), signal.SIGKILL)
