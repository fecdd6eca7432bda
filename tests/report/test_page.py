"""The page of a survey."""

import re
from html.parser import HTMLParser

import pytest

from netsonde.model import Kind
from netsonde.report import graph, page, survey
from tests.report.tables import tables

VOID = {"meta", "input", "br", "img", "link"}


class Balanced(HTMLParser):
    """Checks that every element that opens closes in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if self.open[-1:] != ["style"] else ""


@pytest.mark.parametrize("kind", [Kind.TNT, Kind.TRACE, Kind.PING])
def test_it_is_whole_and_needs_nothing_else(kind: Kind) -> None:
    ask = tables("invisible-php-brpr", "explicit-php", kind=kind)
    html = page(survey(ask), graph(ask), title="Survey", about={"vantage": "lab"})
    parser = Balanced()
    parser.feed(html)
    assert not parser.open
    assert not re.findall(r"(?:src|href)=|@import|url\(|<script|https?://", html)
    assert ("invisible-php" in parser.text) == (kind is Kind.TNT)
    assert ("No tunnel was looked for: tnt does." in parser.text) == (kind is Kind.TRACE)
    assert ("targets pinged" in parser.text) == (kind is Kind.PING)


def test_what_others_say_is_escaped() -> None:
    ask = tables("plain")
    bad = "<script>alert(1)</script>"
    html = page(survey(ask), graph(ask), title=bad, about={bad: bad})
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 4
