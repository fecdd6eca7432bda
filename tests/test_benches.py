"""What `make bench` reads from the programs it runs."""

from benches import run


def test_figures_are_lines_of_name_value_unit() -> None:
    output = """
    lab, 2 routers:
      events, one core     17_000_000 events/s
      parse ICMP error     41.5   ns/packet
      nothing to see here
      3 of 4 things
    """
    assert run.figures("lab", output) == [
        run.Figure("lab", "events, one core", "17_000_000", "events/s"),
        run.Figure("lab", "parse ICMP error", "41.5", "ns/packet"),
    ]
