"""One line on standard error that says how far a run is, on a terminal only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TextIO

from netsonde.model import AliasResult, HopSettled, Result

if TYPE_CHECKING:
    from netsonde.model import Event, Kind

_ERASE = "\r\x1b[K"


class Progress:
    """A line that is rewritten as events come; nothing where the stream is no terminal.

    Args:
        kind: What is measured.
        targets: How many targets.
        stream: Where to write.
    """

    def __init__(self, kind: Kind, targets: int, stream: TextIO) -> None:
        self._kind = kind
        self._targets = targets
        self._stream = stream
        self._on = stream.isatty()
        self._done = 0
        self._hop = ""

    def __enter__(self) -> Self:
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self.hide()

    def hide(self) -> None:
        """Erase the line, so that something else may be printed."""
        if self._on:
            self._stream.write(_ERASE)
            self._stream.flush()

    def update(self, event: Event) -> None:
        """Take an event into account."""
        if isinstance(event, HopSettled):
            self._hop = f"hop {event.hop.probe_ttl} of {event.target}"
        elif isinstance(event, AliasResult):
            self._done = self._targets
        elif isinstance(event, Result):
            self._done += 1
        self._draw()

    def _draw(self) -> None:
        if self._on and self._done < self._targets:
            words = [f"{self._kind}: {self._done} of {self._targets} done", self._hop]
            self._stream.write(_ERASE + ", ".join(word for word in words if word))
            self._stream.flush()
