"""What a format could not carry, counted: nothing is left out without a word."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Losses:
    """What was left out while a file was written."""

    def __init__(self) -> None:
        self.records: Counter[str] = Counter()
        """Records that the format has no place for, by kind."""
        self.fields: dict[str, None] = {}
        """What records were written without; each is named once, in order of appearance."""

    def __bool__(self) -> bool:
        return bool(self.records or self.fields)

    def record(self, kind: str) -> None:
        """Count a record that is left out."""
        self.records[kind] += 1

    def field(self, name: str) -> None:
        """Note what a record is written without."""
        self.fields.setdefault(name)

    def lines(self) -> Iterator[str]:
        """Yield what was left out, a line each."""
        for kind, count in self.records.items():
            yield f"left out: {count} x {kind}"
        for name in self.fields:
            yield f"written without {name}"
