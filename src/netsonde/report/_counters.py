"""What a whole job sent and received, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from netsonde.model import Counters


def counters_line(counters: Counters) -> Text:
    """Return the counters of a job as one line: what is 0 is left out, but for the first two."""
    words = [
        f"{number} {name}"
        for name in counters.__struct_fields__
        if (number := getattr(counters, name)) or name in ("sent", "received")
    ]
    return Text(f"packets: {', '.join(words)}", "dim")
