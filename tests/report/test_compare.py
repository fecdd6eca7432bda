"""Plain traceroute beside tnt."""

from netsonde.report import compare_lines
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
