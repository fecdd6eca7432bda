"""Handlers of Python nodes: imported, made, or taken as they are."""

import pytest

from netsonde.lab._nodes import make_nodes
from netsonde.model import UsageError


class Echo:
    """Sends everything back."""

    def __init__(self) -> None:
        self.seen = 0

    def handle(self, _now_ns: int, interface: int, packet: bytes) -> list[tuple[int, int, bytes]]:
        self.seen += 1
        return [(0, interface, packet)]


def test_a_class_gives_a_fresh_object_each_time() -> None:
    first, second = (make_nodes({"x": Echo})["x"] for _ in range(2))
    assert first is not second
    assert first.handle(0, 1, b"p") == [(0, 1, b"p")]


def test_a_function_is_called_and_an_object_is_kept() -> None:
    kept = Echo()
    made = Echo()
    found = make_nodes({"made": lambda: made, "kept": kept})
    assert found["made"] is made
    assert found["kept"] is kept


def test_a_text_is_imported() -> None:
    found = make_nodes({"x": f"{__name__}:Echo"})["x"]
    assert type(found).__name__ == "Echo"


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        ("json", 'expected "module:Class"'),
        ("json:Nothing", "cannot import json:Nothing"),
        ("no.such.module:X", "cannot import no.such.module:X"),
        ("json:JSONDecoder", "a method `handle`"),
        (5, "a method `handle`"),
    ],
)
def test_what_is_refused(handler: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_nodes({"x": handler})
