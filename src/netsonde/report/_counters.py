"""What a whole job sent and received, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from netsonde.model import Counters


def counters_line(counters: Counters) -> Text:
    """Return the counters of a job as one line: what is 0 is left out, but for the first two."""
    words = [f"{counters.sent} sent", f"{counters.received} received"]
    others = {
        "late": counters.late,
        "duplicate": counters.duplicate,
        "rejected": counters.rejected,
        "unparsed": counters.unparsed,
        "unrelated": counters.unrelated,
        "refused by this host": counters.refused,
        "lost by this host": counters.dropped,
    }
    words += [f"{number} {what}" for what, number in others.items() if number]
    return Text(f"packets: {', '.join(words)}", "dim")
