"""What `make bench` reads from the programs it runs, and what it makes of it."""

import sys

import pytest

from benches import run


def figure(program: str, name: str, value: str, unit: str = "times") -> run.Figure:
    return run.Figure(program, name, value, unit, load=0.5)


def test_figures_are_lines_of_name_value_unit() -> None:
    output = """
    lab, 2 routers:
      events, one core     17_000_000 events/s
      parse ICMP error     41.5   ns/packet
      nothing to see here
      3 of 4 things
    """
    assert [found[:4] for found in run.figures("lab", output)] == [
        ("lab", "events, one core", "17_000_000", "events/s"),
        ("lab", "parse ICMP error", "41.5", "ns/packet"),
    ]


def test_bars_are_found_among_the_figures() -> None:
    found = [
        figure("paths", "trace: rate to scamper's traces", "18.71"),
        figure("sweep", "netsonde to zmap", "0.97"),
        figure("rtt", "netsonde to zmap", "7"),
        figure("paths", "trace: complete paths", "46_700", "paths/s"),
    ]
    measured = {bar.name: (value, load) for bar, value, load in run._measured(found)}
    assert measured == {
        "paths, times scamper's rate": (18.71, 0.5),
        "sweep, times zmap's rate": (0.97, 0.5),
    }
    shown = list(run._bars(found).columns[3].cells)
    assert shown == ["no", "yes"]


def test_a_program_that_takes_too_long_may_clean_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PROGRAM_S", 2)
    program = """
import time
print("figure  1.0 ms", flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    print("cleaned up", flush=True)
    raise SystemExit(7)
"""
    assert run._run([sys.executable, "-c", program]) == (7, "figure  1.0 ms\ncleaned up\n")
    assert run._run([sys.executable, "-c", "print(3)"]) == (0, "3\n")
