"""Events as tables."""

import msgspec
import pytest

from netsonde.cli._show import TableShow
from netsonde.measure import Line, Resolved, request
from netsonde.model import (
    Counters,
    Done,
    Event,
    HopSettled,
    Kind,
    LinkKind,
    LinkUsed,
    PingReply,
    Privilege,
    Start,
    Target,
    TraceResult,
)
from tests.report import samples

TARGETS = (Target(address=samples.TARGET, source=samples.SOURCE),)
RESOLVED = Resolved(TARGETS, {samples.TARGET: "example.net"}, ())
DONE = Done(counters=Counters(sent=3), targets_done=1, duration_ns=1)


def _line(event: Event) -> Line:
    return Line(msgspec.json.encode(event), event)


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


@pytest.mark.parametrize(
    ("privilege", "told"), [("none", "udp-paris, without privilege"), ("raw", "icmp-paris")]
)
def test_a_live_heading_says_how_it_is_traced(
    privilege: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    start = Start(
        schema=1, job="", kind=Kind.TRACE, privilege=Privilege(privilege), targets=1, seed=1
    )
    TableShow(request(Kind.TRACE, {}), RESOLVED, verbose=False).show(_line(start))
    assert capsys.readouterr().out.splitlines()[0].endswith(f"from 5.1.0.1, {told}")


@pytest.mark.parametrize("targets", [1, 2])
def test_verbose_tables_say_how_packets_leave(
    targets: int, capsys: pytest.CaptureFixture[str]
) -> None:
    ways = (LinkUsed(link=LinkKind.FRAMES, interface="eth0"), LinkUsed(link=LinkKind.RAW))
    start = Start(
        schema=1, job="", kind=Kind.PING, privilege=Privilege.RAW, targets=1, seed=1, links=ways
    )
    for verbose, lines in ((False, []), (True, ["link: frames on eth0, raw sockets"])):
        resolved = RESOLVED._replace(targets=TARGETS * targets)
        TableShow(request(Kind.PING, {}), resolved, verbose=verbose).show(_line(start))
        assert capsys.readouterr().out.splitlines()[: len(lines)] == lines


def test_hops_are_shown_as_they_come_and_not_again(capsys: pytest.CaptureFixture[str]) -> None:
    trace = samples.brpr_path().trace
    whole = TraceResult(**{name: getattr(trace, name) for name in trace.__struct_fields__})
    show = TableShow(request(Kind.TRACE, {}), RESOLVED, verbose=False)
    for hop in trace.hops:
        show.show(_line(HopSettled(target=samples.TARGET, hop=hop)))
    assert len(capsys.readouterr().out.splitlines()) == len(trace.hops)
    show.show(_line(whole))
    assert capsys.readouterr().out == "reached in 5 hops, 6 probes, 24 ms\n"
