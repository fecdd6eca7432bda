"""Where lines go: a terminal with colour, or a file without."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.text import Text

#: Width where there is no terminal to ask.
WIDTH_DEFAULT = 100
#: Stand-ins where the encoding has no box characters.
_ASCII = str.maketrans({"│": "|", "┌": "+", "─": "-"})


class Printer:
    """Prints lines to one stream.

    Colour is left out where the stream is no terminal, or NO_COLOR is set (no-color.org).

    Args:
        stream: Where to print.
        width: Columns; asked of the terminal, or of COLUMNS, unless given.
    """

    def __init__(self, stream: TextIO, width: int | None = None) -> None:
        if width is None and not stream.isatty() and not os.environ.get("COLUMNS"):
            width = WIDTH_DEFAULT
        self._console = Console(file=stream, width=width, highlight=False, emoji=False)
        self._ascii = "utf" not in (stream.encoding or "ascii").lower()

    @property
    def width(self) -> int:
        """Columns."""
        return self._console.width

    def print(self, lines: Iterable[Text]) -> None:
        """Print lines, whole: a terminal that is too narrow wraps them."""
        for line in lines:
            if self._ascii:
                plain = line.plain.translate(_ASCII)
                line.plain = plain.encode("ascii", "replace").decode()
            self._console.print(line, soft_wrap=True)
