"""The file to which a measurement writes the packets that it sends and receives.

The engine's process writes it, pcapng block by block, through a descriptor that it inherits; here
it is only opened. So the file is whole up to its last block at any moment, whoever is killed.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from netsonde.model import HostError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.model import Counters


@contextmanager
def capture_file(path: str | Path | None, *, append: bool = False) -> Iterator[int | None]:
    """Give the descriptor of a file, open for writing without waiting; None for no file.

    Args:
        path: The file; a named pipe will do, if somebody reads it already.
        append: Keep what it holds, as far as that is whole; else it is emptied.

    Raises:
        UsageError: It is the standard output, where results go.
        HostError: It cannot be opened.
        FormatError: It holds something else than a capture.
    """
    if path is None:
        yield None
        return
    if str(path) == "-":
        message = "packets cannot go to standard output: results do"
        raise UsageError(message, "name a file, or a pipe made by mkfifo with its reader running")
    flags = os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        if append and Path(path).is_file():
            from netsonde.formats import whole_blocks  # noqa: PLC0415 - few resume

            kept = whole_blocks(path)
            flags |= os.O_APPEND
            os.truncate(path, kept)
        elif not Path(path).is_fifo():
            flags |= os.O_TRUNC
        descriptor = os.open(path, flags, 0o666)
    except OSError as error:
        hint = "start its reader first" if error.errno == errno.ENXIO else ""
        raise HostError(f"cannot write {path}: {error.strerror}", hint) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def refuse_gaps(path: str | Path | None, counters: Counters | None) -> None:
    """Do nothing if a capture has every packet.

    Raises:
        HostError: It lacks some.
    """
    if path is not None and counters is not None and counters.uncaptured:
        message = f"{path} lacks {counters.uncaptured} packets of the measurement"
        hint = "it took them more slowly than they came, or has no room; the results are whole"
        raise HostError(message, hint)
