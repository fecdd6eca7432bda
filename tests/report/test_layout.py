"""Lines of columns."""

from hypothesis import given
from hypothesis import strategies as st

from netsonde.report._layout import NOTES_WIDTH_MIN, Cell, Column, heading, line

COLUMNS = [Column("hop", 3, "right"), Column("address", 10)]


def _plain(notes: str, width: int) -> list[str]:
    cells = [Cell("1"), Cell("5.1.0.2")]
    return [text.plain for text in line(COLUMNS, cells, Cell(notes), width)]


def test_columns_are_aligned() -> None:
    assert _plain("note", 80) == ["  1  5.1.0.2     note"]


def test_nothing_to_say_leaves_no_trailing_space() -> None:
    assert _plain("", 80) == ["  1  5.1.0.2"]


def test_long_notes_go_on_under_themselves() -> None:
    assert _plain("one two three four five", 17 + NOTES_WIDTH_MIN) == [
        "  1  5.1.0.2     one two three",
        "                 four five",
    ]


def test_the_heading_names_the_columns() -> None:
    assert heading(COLUMNS, "notes").plain == "hop  address     notes"


@given(words=st.lists(st.text("abc-", min_size=1, max_size=12)), width=st.integers(40, 120))
def test_no_word_is_lost_and_no_line_too_wide(words: list[str], width: int) -> None:
    lines = _plain(" ".join(words), width)
    assert all(len(text) <= width for text in lines)
    assert " ".join(lines).split()[2:] == words
