"""`netsonde alias`."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import netsonde

_ROUTERS = ["5.1.0.2", "5.1.1.1", "5.1.1.2", "5.1.2.1", "5.1.2.2"]
_FOUND = [["5.1.0.2", "5.1.1.1"], ["5.1.1.2", "5.1.2.1"]]


@pytest.mark.parametrize("method", ["auto", "mercator", "ally", "midar", "radargun"])
def test_every_method_finds_the_routers_of_a_lab(method: str) -> None:
    ran = netsonde("alias", *_ROUTERS, "--lab", "plain", "--method", method, "--json")
    assert ran.status == 0, ran.err
    (result,) = [
        event for event in map(json.loads, ran.out.splitlines()) if event["type"] == "alias"
    ]
    assert [found["addresses"] for found in result["sets"]] == _FOUND
    assert result["sent"] > 0


def test_prefixscan_takes_hops_in_order() -> None:
    hops = ["5.1.0.2", "5.1.1.2", "5.1.2.2"]
    ran = netsonde("alias", *hops, "--lab", "plain", "-m", "prefixscan", "--nodes")
    assert ran.out.splitlines()[:2] == ["node N1:  5.1.0.2 5.1.1.1", "node N2:  5.1.1.2 5.1.2.1"]


def test_targets_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "addresses.txt"
    file.write_text("\n".join(_ROUTERS))
    ran = netsonde("alias", "-f", str(file), "--lab", "plain")
    assert "2 routers with 4 addresses" in ran.out


def test_nobody_answers() -> None:
    ran = netsonde("alias", "5.1.9.1", "5.1.9.2", "--lab", "plain", "--interval-ms", "10")
    assert ran.status == 3
    assert "0 routers" in ran.out


def test_contradictions_are_refused() -> None:
    ran = netsonde("alias", "5.1.0.2", "--lab", "plain", "--near", "9", "--far", "9")
    assert ran.status == 2
    assert ran.err.startswith("error: --far: expected more than near, found 9")


def test_routers_of_a_campaign_are_resolved_and_kept_beside_it(tmp_path: Path) -> None:
    file, directory = tmp_path / "survey.toml", str(tmp_path / "survey")
    file.write_text('kind = "trace"\n[targets]\nlist = ["host"]\n[vantage]\nlab = "plain"\n')
    assert netsonde("campaign", "run", str(file), "-o", directory).status == 0
    alias = ("alias", "--lab", "plain", "-m", "mercator", "-4")
    ran = netsonde(*alias, "--from", directory, "5.1.1.1", "-o", directory)
    assert ran.status == 0, ran.err
    assert "1 router with 2 addresses" in ran.out
    asked = netsonde("query", directory, "SELECT addresses FROM alias_routers", "--json")
    assert [json.loads(line) for line in asked.out.splitlines()] == [
        {"addresses": ["5.1.0.2", "5.1.1.1"]}
    ]
    page = netsonde("report", directory, "-o", "-").out
    assert "<h2>Aliases</h2>" in page
    assert "<dd>trace</dd>" in page, "the head is that of the campaign"


def test_a_set_of_routers_has_no_order_for_prefixscan(tmp_path: Path) -> None:
    ran = netsonde("alias", "--from", str(tmp_path), "-m", "prefixscan", "--lab", "plain")
    assert ran.status == 2
    assert ran.err.startswith("error: --method prefixscan wants the hops of one path")


def test_results_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    ran = netsonde("alias", "--from", str(tmp_path), "--lab", "plain")
    assert ran.status == 2
    assert ran.err.startswith(f"error: {tmp_path} is no dataset")
