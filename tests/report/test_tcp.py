"""TCP behaviour in words."""

from netsonde.model import (
    PortState,
    QuoteReach,
    Reply,
    ReplyKind,
    StopReason,
    TcpCause,
    TcpChange,
    TcpEdit,
    TcpFeature,
    TcpField,
    TcpHandshake,
    TcpHop,
    TcpResult,
    TcpSegment,
)
from netsonde.report import tcp_lines


def reply(address: str, kind: ReplyKind = ReplyKind.TIME_EXCEEDED) -> Reply:
    return Reply(responder=address, kind=kind, attempt=1, rtt_ns=2_000_000, size=60)


def words(result: TcpResult, *, verbose: bool = False) -> list[str]:
    lines = tcp_lines(result, 100, name="host", verbose=verbose, known=lambda _: "AS\x1b[2J5")
    return [text.plain for text in lines]


def change(field: TcpField, cause: TcpCause, **more: object) -> TcpChange:
    fields = {"edit": TcpEdit.CHANGED, "sent": "194", "quoted": "2", "after_ttl": 1, "lasts": True}
    return TcpChange(field=field, cause=cause, first_ttl=2, **{**fields, **more})  # type: ignore[arg-type]


def result(shake: TcpHandshake, *changes: TcpChange, hops: tuple[TcpHop, ...] = ()) -> TcpResult:
    return TcpResult(
        target="5.2.0.1",
        source="5.1.0.1",
        destination_port=80,
        handshake=shake,
        hops=hops,
        changes=changes,
        stop=StopReason.COMPLETED if hops else None,
        sent=4,
        resets=1,
    )


OPEN = TcpHandshake(
    state=PortState.OPEN,
    offered=TcpSegment(),
    reply=reply("5.2.0.1", ReplyKind.TCP_SYN_ACK),
    mptcp=TcpFeature.REFUSED,
    ecn=TcpFeature.REFUSED,
    sack=TcpFeature.ACCEPTED,
    timestamps=TcpFeature.MIRRORED,
    window_scaling=TcpFeature.ACCEPTED,
    fast_open=TcpFeature.NOT_OFFERED,
    window_shift=7,
    mss=1_400,
)
HOPS = (
    TcpHop(probe_ttl=1, sent=1, reply=reply("5.1.0.2"), quoted=64, reach=QuoteReach.OPTIONS),
    TcpHop(probe_ttl=2, sent=1, reply=reply("5.1.1.2"), quoted=28, reach=QuoteReach.PORTS),
    TcpHop(probe_ttl=3, sent=2),
    TcpHop(probe_ttl=4, sent=1, reply=reply("5.2.0.1", ReplyKind.TCP_SYN_ACK)),
)
CHANGES = (
    change(TcpField.FLAGS, TcpCause.MIDDLEBOX),
    change(TcpField.OPTION, TcpCause.MIDDLEBOX, option=30, edit=TcpEdit.REMOVED, after_ttl=None),
    change(TcpField.OPTION, TcpCause.MIDDLEBOX, option=253, edit=TcpEdit.BLANKED, lasts=False),
    change(TcpField.CHECKSUM, TcpCause.CONSEQUENCE),
    change(TcpField.WINDOW, TcpCause.QUOTE),
)


def test_features_path_and_changes_have_their_lines() -> None:
    lines = words(result(OPEN, *CHANGES, hops=HOPS))
    assert lines[0].startswith("tcp to host (5.2.0.1) port 80 from 5.1.0.1, AS")
    assert lines[1:8] == [
        "  port           open, 2.00 ms",
        "  MPTCP          no, taken away on the way before hop 2",
        "  ECN            no, taken away on the way between hops 1 and 2",
        "  SACK           yes",
        "  timestamps     copied from the SYN: no",
        "  window scaling yes, shift 7",
        "  MSS            1400",
    ]
    assert lines[-4:] == [
        "  flags SYN|ECE|CWR to SYN between hops 1 and 2, middlebox",
        "  MPTCP removed before hop 2, middlebox",
        "  option 253 replaced by padding between hops 1 and 2, middlebox, not seen later on",
        "reached, 3 changes, 4 probes, 1 reset",
    ]
    text = "\n".join(lines)
    assert "64 options" in text
    assert "28 ports" in text
    assert "\x1b" not in text


def test_more_is_told_to_those_who_ask() -> None:
    text = "\n".join(words(result(OPEN, *CHANGES, hops=HOPS), verbose=True))
    assert "Fast Open      not offered" in text
    assert "checksum 194 to 2 between hops 1 and 2, follows" in text
    assert "in one quote only" in text


def test_silence_is_told_apart_from_options_that_are_not_let_through() -> None:
    silent = TcpHandshake(state=PortState.SILENT, offered=TcpSegment(), plain=PortState.SILENT)
    assert words(result(silent))[1] == ("  port           no answer; nor to a SYN without options")
    held = TcpHandshake(state=PortState.SILENT, offered=TcpSegment(), plain=PortState.OPEN)
    assert words(result(held))[1].endswith("the options are not let through")
