"""Plain traceroute beside tnt."""

from netsonde.report import compare_lines, summary_lines
from tests.report import samples


def test_hidden_routers_have_nothing_on_the_left() -> None:
    result = samples.brpr_path()
    lines = [line.plain for line in compare_lines(result.trace, result)]
    assert lines[2] == "    2  5.1.1.2                       2  5.1.1.2             ingress"
    assert lines[3] == " " * 36 + "H1  │ 5.1.2.2           hidden, BRPR step 3"
    assert lines[-1].startswith("  invisible tunnel (PHP): 3 hidden routers")


def test_silence_and_labels() -> None:
    result = samples.explicit_path()
    lines = [line.plain for line in compare_lines(result.trace, result)]
    assert lines[4] == "    4  *                             4  │ *"
    assert lines[3].endswith("L=16003 TTL=1")


def test_a_summary_has_a_line_per_path() -> None:
    shown = [
        (name, result.trace, result)
        for name, result in (("brpr", samples.brpr_path()), ("explicit", samples.explicit_path()))
    ]
    assert [line.plain for line in summary_lines(shown)] == [
        "path      plain  hidden  found by           revealed by  probes",
        "brpr          5       3  FRPLA 3            BRPR         31",
        "explicit      8       0  labels             -            17",
    ]
