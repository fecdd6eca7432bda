"""Events for programs."""

import pytest

from netsonde.cli._forms import DotShow, JsonShow, NodesShow
from netsonde.measure import Line
from netsonde.model import Counters, Done

DONE = Done(counters=Counters(sent=3), targets_done=1, duration_ns=1)


def test_json_lines_are_passed_on_as_they_came(capsys: pytest.CaptureFixture[str]) -> None:
    JsonShow().show(Line(b'{"type" : "done"}', DONE))
    assert capsys.readouterr().out == '{"type" : "done"}\n'


def test_forms_for_one_kind_leave_out_other_events(capsys: pytest.CaptureFixture[str]) -> None:
    for form in (NodesShow(), DotShow()):
        form.show(Line(b'{"type" : "done"}', DONE))
    assert capsys.readouterr().out == ""
