"""Results of earlier measurements, from a campaign's directory or from JSON lines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from netsonde.model import FormatError, TntResult

if TYPE_CHECKING:
    from collections.abc import Iterator

_HINT = "give the directory of a campaign, or what `netsonde tnt --json` printed"


def tnt_results(source: str) -> Iterator[TntResult]:
    """Yield the results of tnt that a campaign, a file of JSON lines or standard input (-) holds.

    Raises:
        HostError: It cannot be read.
        FormatError: A line is no event, or the campaign's files are damaged.
    """
    path = Path(source)
    if source != "-" and path.is_dir():
        from netsonde.store import Dataset  # noqa: PLC0415 - files do without

        yield from (one for one in Dataset(path).traces() if isinstance(one, TntResult))
        return
    from netsonde import formats  # noqa: PLC0415 - campaigns do without

    file = sys.stdin.buffer if source == "-" else source
    try:
        for record in formats.read(file, "jsonl"):
            if isinstance(record, formats.Measured) and isinstance(record.result, TntResult):
                yield record.result
    except FormatError as error:
        name = "standard input" if source == "-" else source
        raise FormatError(f"{name}: {error.message}", _HINT, offset=error.offset) from None
