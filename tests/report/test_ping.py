"""A ping for people."""

import msgspec

from netsonde.model import PingMethod, PingReply, PingResult
from netsonde.report import ping_lines, ping_reply_line
from tests.report.samples import SOURCE, TARGET, reply

RESULT = PingResult(
    target=TARGET,
    source=SOURCE,
    method=PingMethod.ICMP,
    sent=4,
    replies=(reply(TARGET, 1.0), reply(TARGET, 3.0, attempt=2)),
    duplicates=1,
)


def test_a_summary_like_ping_s() -> None:
    assert [line.plain for line in ping_lines(RESULT, name="example.net")] == [
        "ping to example.net (5.2.0.1) from 5.1.0.1, icmp",
        "  1  5.2.0.1  1.000 ms  TTL 250  56 bytes",
        "  2  5.2.0.1  3.000 ms  TTL 250  56 bytes",
        "4 sent, 2 received, 50% loss, 1 duplicate",
        "rtt min/avg/max/sdev 1.000/2.000/3.000/1.000 ms",
    ]


def test_replies_shown_as_they_came_are_not_shown_again() -> None:
    lines = [line.plain for line in ping_lines(RESULT, live=True)]
    assert lines[0].startswith("4 sent")
    assert len(lines) == 2


def test_no_reply_has_no_times() -> None:
    silent = msgspec.structs.replace(RESULT, replies=(), duplicates=0, incomplete=True)
    assert [line.plain for line in ping_lines(silent)][1:] == [
        "4 sent, 0 received, 100% loss, cut short"
    ]


def test_an_error_names_who_sent_it() -> None:
    event = PingReply(target=TARGET, reply=reply("5.1.0.2", 1.0))
    assert ping_reply_line(event).plain.endswith(
        "5.1.0.2  1.000 ms  TTL 250  56 bytes  time exceeded"
    )
