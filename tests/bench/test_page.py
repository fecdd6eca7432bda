"""The results as text."""

from html.parser import HTMLParser

import pytest

from netsonde.bench import Repetition, html, into_page, markdown, results
from netsonde.bench._page import BEGIN, END
from netsonde.model import UsageError
from tests.bench.rows import WHOLE, row

TOLD = results([*WHOLE, row(1, runtime="<b>odd|name</b>")])
FAILED = Repetition(experiment="time", runtime="docker", number=0, took_s=1, complaint="no room")


class Words(HTMLParser):
    """Collects text, and checks that elements are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_is_whole_and_needs_nothing() -> None:
    reader = Words()
    svg = b'<?xml version="1.0"?><svg><text>drawn</text></svg>'
    reader.feed(html(TOLD, {"time": svg}, title="A title", host="A host"))
    assert not reader.open
    assert not reader.links
    words = " ".join(reader.words)
    for word in ("A title", "A host", "drawn", "unikernel", "vm", "<b>odd|name</b>", "reached"):
        assert word in words
    assert "uTNT" in words


def test_markdown_has_a_row_for_each_number() -> None:
    text = markdown(TOLD, host="A host", images="pictures")
    assert "| process | probing | 300 ms |" in text
    assert "![time](pictures/time.png)" in text
    assert "&lt;b&gt;odd&#124;name&lt;/b&gt;" in text
    assert (
        "| unikernel: image, to the full VM's files | 1/4,500 | at most 1/1,000 | reached |" in text
    )
    for table in (part for part in text.split("\n\n") if part.startswith("|")):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_results_go_between_the_marks() -> None:
    page = f"# Title\n\n{BEGIN}\nold\n{END}\n\nText.\n"
    once = into_page(page, "new\n")
    assert once == f"# Title\n\n{BEGIN}\n\nnew\n\n{END}\n\nText.\n"
    assert into_page(once, "new\n") == once
    with pytest.raises(UsageError, match="no place"):
        into_page("# Title\n", "new")


def test_failures_are_told() -> None:
    told = results(WHOLE, [FAILED])
    line = "time, docker: 1 of 1 failed: no room"
    assert line in markdown(told)
    assert line in html(told, {}, title="")


def test_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="no results"):
        results([])
