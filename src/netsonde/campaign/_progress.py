"""How far a campaign is."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from netsonde.model import Progress as EngineProgress

#: Rates are those of this long, in nanoseconds.
WINDOW_NS = 5_000_000_000


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="campaign"):
    """How far a campaign is.

    Attributes:
        targets: Targets in all, as far as is known: those that must not be probed are only known
            once the walk has come to them.
        targets_done: Finished ones, those of earlier runs included.
        sent: Probes sent in this run.
        received: Their replies.
        rate_pps: Probes per second, lately.
        answered: Share of the probes that was answered, 0 to 1.
        left_s: Time left at the pace of this run, in seconds; None while it is not known.
        elapsed_s: Time since the start of this run, in seconds.
    """

    targets: int = 0
    targets_done: int = 0
    sent: int = 0
    received: int = 0
    rate_pps: float = 0.0
    answered: float = 0.0
    left_s: float | None = None
    elapsed_s: float = 0.0


class Meter:
    """Makes progress of what an engine says.

    Args:
        done_before: Targets that earlier runs finished.
    """

    def __init__(self, done_before: int) -> None:
        self._done_before = done_before
        self._seen: deque[tuple[int, int, int]] = deque()
        self.last = Progress(targets_done=done_before)
        """As of the last word of the engine."""

    def update(self, said: EngineProgress, *, left: int, given: int) -> Progress:
        """Take an engine's word into account.

        Args:
            said: The engine's word.
            left: Targets that may still be given to it.
            given: Targets that were.
        """
        now = said.elapsed_ns
        self._seen.append((now, said.sent, said.targets_done))
        while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW_NS:
            self._seen.popleft()
        began, sent, done = self._seen[0] if len(self._seen) > 1 else (0, 0, 0)
        span_s = max(now - began, 1) / 1e9
        pace = (said.targets_done - done) / span_s
        open_targets = left + given - said.targets_done
        self.last = Progress(
            targets=self._done_before + given + left,
            targets_done=self._done_before + said.targets_done,
            sent=said.sent,
            received=said.received,
            rate_pps=round((said.sent - sent) / span_s, 1),
            answered=round(said.received / said.sent, 4) if said.sent else 0.0,
            left_s=round(open_targets / pace, 1) if pace > 0 else None,
            elapsed_s=round(now / 1e9, 3),
        )
        return self.last
