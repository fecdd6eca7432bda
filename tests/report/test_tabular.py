"""Any rows make a table."""

from netsonde.report import columns_of, tabulate


def lines(names: list[str], *rows: tuple[object, ...]) -> list[str]:
    """Return the lines of a table."""
    return list(tabulate(columns_of(names, rows), rows))


def test_numbers_stand_right_and_text_left() -> None:
    assert lines(["address", "n"], ("5.0.0.1", 7), ("::", 1_234)) == [
        "address     n",
        "5.0.0.1     7",
        "::       1234",
    ]


def test_what_is_missing_is_a_dash_and_does_not_make_text_of_numbers() -> None:
    assert lines(["rtt_ms"], (None,), (1.25,)) == ["rtt_ms", "     -", "  1.25"]


def test_lists_truth_and_long_text_fit() -> None:
    assert lines(["x"], ([1, None],), (True,), ("y" * 99,)) == [
        "x",
        "[1, null]",
        "true",
        "y" * 59 + "…",
    ]


def test_nothing_steers_a_terminal() -> None:
    assert lines(["\x1b[2J"], ("\x1b[2J\n",)) == ["\\x1b[2J", "\\x1b[2J\\x0a"]


def test_no_rows_still_have_names() -> None:
    assert lines(["a", "b"]) == ["a  b"]
