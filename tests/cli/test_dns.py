"""`netsonde dns`."""

import json
from pathlib import Path

from tests.cli.commands import netsonde, summary
from tests.measure.dns_server import answer, closed_port, serving

A = "example.net. 60 IN A 5.1.2.3"


def test_it_is_listed() -> None:
    assert "name servers" in summary("dns")
    assert "--nsid" in netsonde("dns", "--help").out


def test_an_answer_is_shown_and_the_status_is_0() -> None:
    with serving(lambda query, _: [answer(query, A)]) as port:
        ran = netsonde("dns", "example.net", "@127.0.0.1", "--port", str(port))
    assert (ran.status, ran.err) == (0, "")
    assert "5.1.2.3" in ran.out
    assert "NOERROR" in ran.out


def test_json_is_one_object_per_name_and_type() -> None:
    with serving(lambda query, _: [answer(query)]) as port:
        line = ["dns", "-s", "127.0.0.1", "--port", str(port), "--json", "-t", "ns", "-t", "soa"]
        ran = netsonde(*line, "a.example.net", "b.example.net")
    results = [json.loads(line) for line in ran.out.splitlines()]
    assert {result["type"] for result in results} == {"dns"}
    assert {(result["name"], result["query"]) for result in results} == {
        (f"{name}.example.net.", kind) for name in "ab" for kind in ("NS", "SOA")
    }


def test_silence_is_status_3() -> None:
    port = str(closed_port())
    ran = netsonde("dns", "example.net", "@127.0.0.1", "--port", port, "-q", "1")
    assert ran.status == 3
    assert "refused by the server's host, 1 query" in ran.out


def test_bad_names_lose_no_other(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("example.net\na..b\n# comment\nwww.example.net\n")
    with serving(lambda query, _: [answer(query, A)]) as port:
        ran = netsonde("dns", "-f", str(file), "@127.0.0.1", "--port", str(port), "--json")
    assert ran.status == 2
    assert len(ran.out.splitlines()) == 2
    assert f"{file}:2: 'a..b' is no domain name" in ran.err


def test_without_a_name_it_says_so() -> None:
    ran = netsonde("dns")
    assert ran.status == 2
    assert "no target" in ran.err
