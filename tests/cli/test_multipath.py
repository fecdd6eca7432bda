"""`netsonde multipath`."""

import json

from tests.cli.commands import netsonde


def test_the_paths_are_shown() -> None:
    ran = netsonde("multipath", "5.2.0.1", "--lab", "ecmp-before")
    assert ran.status == 0
    assert "diamond 1: hops 2 to 5" in ran.out


def test_json_has_one_result() -> None:
    ran = netsonde("multipath", "5.2.0.1", "--lab", "ecmp-before", "--json")
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert [event["type"] for event in events] == ["start", "multipath", "done"]


def test_dot_is_a_graph_and_nothing_else() -> None:
    ran = netsonde("multipath", "5.2.0.1", "--lab", "ecmp-before", "--dot")
    assert ran.out.startswith("digraph")
    assert ran.out.rstrip().endswith("}")


def test_a_confidence_that_cannot_be_is_refused() -> None:
    ran = netsonde("multipath", "5.2.0.1", "--lab", "ecmp-before", "--confidence", "100")
    assert ran.status == 2
    assert "confidence" in ran.err
