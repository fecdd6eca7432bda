"""`--names` and `--database` of the measuring commands."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import netsonde


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = tmp_path / "a.dat"
    path.write_text("5.1.0.0/16\t64500\n")
    return str(path)


@pytest.mark.parametrize("kind", ["trace", "tnt"])
def test_tables_name_routers_and_their_systems(kind: str, database: str) -> None:
    ran = netsonde(
        kind, "5.2.0.1", "--lab", "invisible-php-brpr", "--names", "--database", database
    )
    assert (ran.status, ran.err) == (0, "")
    assert "pe1 AS64500" in ran.out
    assert ("p2 AS64500" in ran.out) == (kind == "tnt")


def test_a_ping_tells_who_replied() -> None:
    ran = netsonde("ping", "5.2.0.1", "--lab", "plain", "--names", "-c", "1")
    assert ran.out.endswith("5.2.0.1 is host\n")


def test_json_tells_each_address_once_before_its_event(database: str) -> None:
    ran = netsonde("trace", "5.2.0.1", "--lab", "plain", "--json", "--database", database)
    events = [json.loads(line) for line in ran.out.splitlines()]
    told = [event["address"] for event in events if event["type"] == "annotation"]
    hops = [event for event in events if event["type"] == "hop"]
    assert told == list(dict.fromkeys(told))
    assert set(told) == {
        hop["hop"]["replies"][0]["responder"]
        for hop in hops
        if hop["hop"]["replies"][0]["responder"].startswith("5.1.")
    }
    first = [event["type"] for event in events].index("annotation")
    assert events[first + 1]["type"] == "hop"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\0\1")
    ran = netsonde("trace", "5.2.0.1", "--lab", "plain", "--database", str(path))
    assert ran.status == 5
    assert "no database of addresses" in ran.err
