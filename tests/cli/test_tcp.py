"""`netsonde tcp`."""

import json

import pytest

from tests.cli.commands import netsonde


@pytest.mark.parametrize("family", ["-4", "-6"])
def test_a_table_says_what_is_negotiated_and_what_is_changed(family: str) -> None:
    ran = netsonde("tcp", family, "host", "--lab", "middleboxes")
    assert ran.status == 0
    assert "taken away on the way between hops 3 and 4" in ran.out
    assert "MPTCP removed between hops 3 and 4, middlebox" in ran.out
    assert "checksum" not in ran.out
    more = netsonde("tcp", family, "host", "--lab", "middleboxes", "--verbose")
    assert "checksum" in more.out


def test_json_has_the_event_and_no_path_unless_asked() -> None:
    ran = netsonde("tcp", "-4", "host", "--lab", "middleboxes", "--json", "--no-path")
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert [event["type"] for event in events] == ["start", "tcp", "done"]
    assert (events[1]["hops"], events[1]["stop"]) == ([], None)
    assert (events[1]["sent"], events[1]["resets"]) == (1, 1)
    assert events[2]["counters"]["sent"] == 2


def test_nobody_there_is_another_status() -> None:
    ran = netsonde("tcp", "5.2.0.1", "--lab", "silent-host")
    assert ran.status in (0, 3)
    ran = netsonde("tcp", "5.2.0.9", "--lab", "tcp-hosts", "--no-path")
    assert ran.status == 3
    assert "yes" not in ran.out


@pytest.mark.parametrize("wrong", [("--mptcp", "v2"), ("--mss", "1"), ("-p", "0")])
def test_options_that_cannot_be_are_refused(wrong: tuple[str, str]) -> None:
    ran = netsonde("tcp", "host", "--lab", "middleboxes", *wrong)
    assert ran.status == 2


def test_without_rights_it_says_what_it_needs() -> None:
    ran = netsonde("tcp", "127.0.0.1", "--allow-special-purpose", "--privilege", "none")
    assert ran.status == 4
    assert "tcp needs raw sockets" in ran.err
