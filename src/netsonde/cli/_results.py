"""Results of earlier measurements, from a campaign's directory or from JSON lines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from netsonde.model import FormatError, HostError, TntResult, decode_event

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    try:
        if source == "-":
            yield from _lines(sys.stdin.buffer, "standard input")
        else:
            with path.open("rb") as file:
                yield from _lines(file, source)
    except OSError as error:
        message = f"cannot read {source}: {error.strerror}"
        hint = "give the directory of a campaign, or what `netsonde tnt --json` printed"
        raise HostError(message, hint) from None


def _lines(file: IO[bytes], name: str) -> Iterator[TntResult]:
    offset = 0
    for number, line in enumerate(file, 1):
        if line.strip() and b'"annotation"' not in line[:30]:
            try:
                event = decode_event(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                message = f"{name}:{number}: no event: {error}"
                hint = "a line is one JSON object, as `netsonde tnt --json` prints them"
                raise FormatError(message, hint, offset=offset) from None
            if isinstance(event, TntResult):
                yield event
        offset += len(line)
