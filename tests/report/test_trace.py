"""A trace for people."""

import msgspec

from netsonde.model import Interface, ReplyKind, StopReason, Trace
from netsonde.report import trace_lines
from tests.report import samples
from tests.report.samples import TARGET, hop, reply, trace


def _text(found: Trace, width: int = 100, *, name: str = "", verbose: bool = False) -> list[str]:
    return [line.plain for line in trace_lines(found, width, name=name, verbose=verbose)]


def test_hops_silence_and_loss() -> None:
    found = trace(
        hop(1, reply("5.1.0.2", 0.2)),
        hop(2, sent=3),
        hop(3, reply(TARGET, 12.345, attempt=2), sent=2),
    )
    assert _text(found) == [
        "trace to 5.2.0.1 from 5.1.0.1, icmp-paris",
        "hop  address            rtt/ms  loss",
        "  1  5.1.0.2              0.20",
        "  2  *",
        "  3  5.2.0.1             12.35   50%",
        "reached in 3 hops, 6 probes, 24 ms",
    ]


def test_every_attempt_shows_the_spread() -> None:
    found = trace(hop(1, *(reply(TARGET, n, attempt=int(n)) for n in (1.0, 2.0, 6.0)), sent=4))
    assert _text(found)[1:3] == [
        "hop  address               min       avg       max  loss",
        "  1  5.2.0.1              1.00      3.00      6.00   25%",
    ]


def test_further_responders_have_lines_of_their_own() -> None:
    found = trace(hop(1, reply("5.1.0.2", 1.0), reply("5.1.0.6", 2.0), reply("5.1.0.2", 3.0)))
    assert [line.split()[:2] for line in _text(found)[2:4]] == [
        ["1", "5.1.0.2"],
        ["5.1.0.6", "2.00"],
    ]


def test_labels_interfaces_and_errors_are_notes() -> None:
    (labelled,) = samples.explicit_path().trace.hops[2].replies
    strange = msgspec.structs.replace(
        labelled,
        kind=ReplyKind.UNREACHABLE,
        icmp_code=13,
        extensions=(Interface(role=2, if_index=3, name="ge-0/0/1", address="5.9.0.1", mtu=9000),),
    )
    text = " ".join(" ".join(_text(trace(hop(1, strange), stop=StopReason.UNREACHABLE))).split())
    assert "administratively prohibited, L=16003 TTL=1, out: ge-0/0/1 #3 5.9.0.1 MTU 9000" in text
    assert "unreachable, 1 probe" in text


def test_the_name_that_was_asked_is_told() -> None:
    assert _text(trace(), name="example.net")[0].startswith("trace to example.net (5.2.0.1) from")


def test_verbose_tells_ttls_and_what_came_late() -> None:
    text = "\n".join(_text(samples.explicit_path().trace, verbose=True))
    assert "TTL 250, quoted TTL 1, 56 bytes" in text
    assert "0 duplicate, 0 late" in text


def test_long_addresses_widen_their_column() -> None:
    address = "2a00:5:1:2:3:4:5:6789"
    lines = _text(trace(hop(1, reply(address, 1.0)), hop(2, reply("2a00::1", 2.0))))
    assert lines[2].index("1.00") == lines[3].index("2.00")


def test_names_from_the_network_cannot_steer_the_terminal() -> None:
    evil = Interface(role=0, name="\x1b[2J\u202ex")
    answer = msgspec.structs.replace(reply(TARGET, 1.0), extensions=(evil,))
    assert "in: \\x1b[2J\\x202ex" in _text(trace(hop(1, answer)))[2]
