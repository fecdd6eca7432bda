"""`netsonde tunnels`."""

import json

from tests.cli.commands import netsonde, summary

BRUTE = netsonde("tnt", "5.2.0.1", "--lab", "invisible-php-brpr", "--brute-force", "--json").out


def test_it_is_listed() -> None:
    assert "tunnels" in summary("tunnels")
    assert "roc" in netsonde("tunnels", "--help").out


def test_thresholds_as_a_table() -> None:
    ran = netsonde("tunnels", "roc", "-", stdin=BRUTE.encode())
    assert (ran.status, ran.err) == (0, "")
    rows = {line.split()[0]: line.split()[1:] for line in ran.out.splitlines()[2:12]}
    assert rows["3"][0] == "1"
    assert rows["3"][3] == "100.0%"
    assert rows["4"][3] == "0.0%"


def test_thresholds_as_json() -> None:
    ran = netsonde("tunnels", "roc", "-", "--json", stdin=BRUTE.encode())
    points = [json.loads(line) for line in ran.out.splitlines()]
    assert len(points) == 30
    third = next(one for one in points if (one["trigger"], one["threshold"]) == ("frpla", 3))
    assert third["true_positive_rate"] == 1


def test_results_without_pairs_are_refused() -> None:
    ran = netsonde("tunnels", "roc", "-", stdin=b"")
    assert ran.status == 2
    assert "--brute-force" in ran.err
