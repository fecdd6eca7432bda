"""JSON files as values: one a line, or the elements of one array, never the whole file at once."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from netsonde.model import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.formats._stream import Source

#: Bytes of one value, such as a multipath trace on a line.
VALUE_BYTES_MAX: Final = 1 << 24
_CHUNK_BYTES: Final = 1 << 16
#: So near the end of what was read, an error may only mean that the value goes on.
_TAIL_CHARACTERS: Final = 64


class Value(NamedTuple):
    """One value of a file."""

    number: int
    """From 1."""
    offset: int
    """Where it begins, in bytes."""
    value: Any
    """What it is."""


def lines(source: Source) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, offset and bytes of each line that is not empty.

    Raises:
        FormatError: A line is longer than `VALUE_BYTES_MAX`.
    """
    number = 0
    while line := source.readline(VALUE_BYTES_MAX):
        number += 1
        offset = source.offset - len(line)
        if len(line) == VALUE_BYTES_MAX and not line.endswith(b"\n"):
            message = f"line {number}: longer than {VALUE_BYTES_MAX} bytes"
            raise FormatError(message, offset=offset)
        if stripped := line.strip():
            yield number, offset, stripped


def values(source: Source) -> Iterator[Value]:
    """Yield the values of a file that has one a line or nothing but an array of them.

    Raises:
        FormatError: It is no JSON; what came before was yielded.
    """
    head = source.peek(_CHUNK_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"["):
        yield from _elements(source)
        return
    for number, offset, line in lines(source):
        try:
            yield Value(number, offset, decode(line.decode()))
        except (ValueError, RecursionError) as error:
            raise FormatError(f"line {number}: {_words(error)}", offset=offset) from None


def decode(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the value of a JSON text.

    Raises:
        ValueError: It is none.
        RecursionError: It is nested too deeply.
    """
    return _DECODER.decode(text)


def _elements(source: Source) -> Iterator[Value]:
    reader = _Reader(source)
    reader.skip("[")
    number = 0
    if reader.next_character() == "]":
        reader.skip("]")
        return
    while True:
        number += 1
        reader.next_character()
        offset = reader.offset
        yield Value(number, offset, reader.value(number))
        if reader.next_character() == "]":
            return
        reader.skip(",")


class _Reader:
    """Reads the text of a file as far as it is asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._ended = False
        self.offset = 0
        """Bytes before the current place."""

    def next_character(self) -> str:
        """Return the next character that is no space; nothing at the end."""
        while True:
            rest = self._text[self._at :]
            stripped = rest.lstrip()
            self._advance(len(rest) - len(stripped))
            if stripped or not self._more():
                return stripped[:1]

    def skip(self, expected: str) -> None:
        found = self.next_character()
        if found != expected:
            shown = f"found {found!r}" if found else "the file ends"
            raise FormatError(f"expected {expected!r}, {shown}", offset=self.offset)
        self._advance(1)

    def value(self, number: int) -> Any:  # noqa: ANN401 - any JSON
        """Return the value that comes next."""
        self.next_character()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                is_over = error.pos < len(self._text) - _TAIL_CHARACTERS
                goes_on = error.msg.startswith("Unterminated string") or not is_over
                if goes_on and len(self._text) - self._at < VALUE_BYTES_MAX and self._more():
                    continue
                self._fail(number, _words(error))
            except (ValueError, RecursionError) as error:
                self._fail(number, _words(error))
            # A number at the very end may go on with more digits.
            if end < len(self._text) or not self._more():
                self._advance(end - self._at)
                return found

    def _advance(self, characters: int) -> None:
        passed = self._text[self._at : self._at + characters]
        self.offset += len(passed.encode("utf-8", "surrogatepass"))
        self._at += characters

    def _more(self) -> bool:
        """Read on; what was passed is forgotten."""
        if self._ended:
            return False
        chunk = self._source.read(_CHUNK_BYTES)
        self._ended = not chunk
        try:
            more = self._decoder.decode(chunk, final=self._ended)
        except UnicodeDecodeError as error:
            raise FormatError(f"no UTF-8: {error.reason}", offset=self.offset) from None
        self._text = self._text[self._at :] + more
        self._at = 0
        return bool(more) or not self._ended

    def _fail(self, number: int, words: str) -> NoReturn:
        raise FormatError(f"value {number}: {words}", offset=self.offset)


def _words(error: ValueError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON: {error.msg} at character {error.pos}"
    return f"no JSON: {error}"


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is no JSON number"
    raise ValueError(message)


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)
