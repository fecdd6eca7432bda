"""Where lines go."""

import io

import pytest
from rich.text import Text

from netsonde.report import Printer


class _Terminal(io.TextIOWrapper):
    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)

    def isatty(self) -> bool:
        return True

    def written(self) -> str:
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode(self.encoding)


def test_a_file_gets_no_colour_and_whole_lines() -> None:
    stream = io.StringIO()
    Printer(stream).print([Text("x" * 150, "bold red")])
    assert stream.getvalue() == "x" * 150 + "\n"


def test_a_terminal_gets_colour_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = _Terminal()
    Printer(stream).print([Text("word", "red")])
    assert "\x1b[31m" in stream.written()
    monkeypatch.setenv("NO_COLOR", "1")
    stream = _Terminal()
    Printer(stream).print([Text("word", "red")])
    assert "\x1b[31m" not in stream.written()


def test_without_box_characters_ascii_stands_in() -> None:
    stream = _Terminal("ascii")
    Printer(stream, 80).print([Text("┌ a"), Text("│ b"), Text("── c")])
    assert [line for line in stream.written().splitlines() if line] == ["+ a", "| b", "-- c"]


def test_the_width_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert Printer(io.StringIO()).width == 100
    monkeypatch.setenv("COLUMNS", "72")
    assert Printer(io.StringIO()).width == 72


def test_markup_in_text_from_the_network_is_no_markup() -> None:
    stream = io.StringIO()
    Printer(stream).print([Text("[bold]:smile: http://x")])
    assert stream.getvalue() == "[bold]:smile: http://x\n"
