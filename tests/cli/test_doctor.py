"""`netsonde doctor`."""

import json

import pytest
from click.testing import CliRunner

from netsonde.cli import _doctor
from netsonde.measure import Finding
from tests.cli.commands import netsonde

FINDINGS = (
    Finding(name="one", ok=True, found="is there", serves="this"),
    Finding(name="another", ok=False, found="is not there", serves="that", remedy="sudo make it"),
)


def test_what_is_missing_has_its_remedy_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_doctor, "examine", lambda: FINDINGS[:1])
    monkeypatch.setattr(_doctor, "examine_runtimes", lambda: FINDINGS[1:])
    result = CliRunner().invoke(_doctor.doctor)
    assert result.output.splitlines() == [
        "ok       one      is there  for this",
        "missing  another  is not there  for that",
        "                  to have it: sudo make it",
        "1 of 2 work here",
    ]


def test_json_is_one_object_a_line() -> None:
    done = netsonde("doctor", "--json")
    assert (done.status, done.err) == (0, "")
    findings = [json.loads(line) for line in done.out.splitlines()]
    assert len(findings) > 10
    assert all(set(one) == {"name", "ok", "found", "serves", "remedy"} for one in findings)
