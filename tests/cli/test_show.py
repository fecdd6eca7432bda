"""Events as lines and as tables."""

import msgspec
import pytest

from netsonde.cli._show import JsonShow, TableShow
from netsonde.measure import Line, Resolved, request
from netsonde.model import Counters, Done, Event, Kind, PingReply, Target
from tests.report import samples

TARGETS = (Target(address=samples.TARGET, source=samples.SOURCE),)
RESOLVED = Resolved(TARGETS, {samples.TARGET: "example.net"}, ())
DONE = Done(counters=Counters(sent=3), targets_done=1, duration_ns=1)


def _line(event: Event) -> Line:
    return Line(msgspec.json.encode(event), event)


def test_json_lines_are_passed_on_as_they_came(capsys: pytest.CaptureFixture[str]) -> None:
    JsonShow().show(Line(b'{"type" : "done"}', DONE))
    assert capsys.readouterr().out == '{"type" : "done"}\n'


def test_tables_name_the_target_as_it_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    show = TableShow(request(Kind.TNT, {}), RESOLVED, verbose=True)
    show.show(_line(samples.brpr_path()))
    show.show(_line(DONE))
    out = capsys.readouterr().out
    assert out.startswith("tnt to example.net (5.2.0.1) from 5.1.0.1")
    assert out.endswith("packets: 3 sent, 0 received\n")


def test_replies_of_many_targets_are_not_shown_as_they_come(
    capsys: pytest.CaptureFixture[str],
) -> None:
    two = RESOLVED._replace(targets=TARGETS * 2)
    show = TableShow(request(Kind.PING, {}), two, verbose=False)
    show.show(_line(PingReply(target=samples.TARGET, reply=samples.reply(samples.TARGET, 1.0))))
    show.show(_line(DONE))
    assert capsys.readouterr().out == ""
