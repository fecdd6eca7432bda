"""Counters."""

from netsonde.model import Counters
from netsonde.report import counters_line


def test_zeros_are_left_out_but_for_sent_and_received() -> None:
    assert counters_line(Counters()).plain == "packets: 0 sent, 0 received"
    told = counters_line(Counters(sent=9, received=7, rejected=2)).plain
    assert told == "packets: 9 sent, 7 received, 2 rejected"


def test_every_counter_is_told() -> None:
    numbers = {name: number for number, name in enumerate(Counters.__struct_fields__, 11)}
    told = counters_line(Counters(**numbers)).plain
    assert all(f"{number} {name}" in told for name, number in numbers.items())
