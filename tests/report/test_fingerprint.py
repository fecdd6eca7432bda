"""Fingerprints in words."""

from netsonde.model import (
    FingerprintMethod,
    FingerprintResult,
    LfpVector,
    SnmpEngine,
    TtlSignature,
)
from netsonde.report import fingerprint_lines


def words(result: FingerprintResult) -> list[str]:
    return [text.plain for text in fingerprint_lines(result, name="r1")]


def test_every_method_has_its_line() -> None:
    engine = SnmpEngine(
        engine_id="8000000903", enterprise=9, text="a\x1b[2Jb", engine_boots=2, engine_time=90_000
    )
    result = FingerprintResult(
        target="5.1.0.2",
        source="5.1.0.1",
        methods=tuple(FingerprintMethod),
        ttl=TtlSignature(echo_reply=255),
        snmp=engine,
        lfp=LfpVector(text="0,i"),
        sent=10,
    )
    lines = words(result)
    assert lines[0] == "fingerprint of r1 (5.1.0.2)"
    assert lines[1] == "  ttl     <255,*,*> echo reply, unreachable, reset"
    assert lines[2].startswith("  snmpv3  Cisco, engine 8000000903, ")
    assert lines[2].endswith("2 starts, up 1 d 1 h")
    assert "\x1b" not in lines[2]
    assert lines[3:] == ["  lfp     0,i", "10 probes, 0 answered"]


def test_silence_is_said_and_what_was_not_asked_is_not() -> None:
    methods = (FingerprintMethod.SNMPV3, FingerprintMethod.LFP)
    result = FingerprintResult(
        target="5.1.0.2", source="5.1.0.1", methods=methods, sent=20, incomplete=True
    )
    assert words(result)[1:] == [
        "  snmpv3  no answer",
        "  lfp     no answer",
        "20 probes, 0 answered, cut short",
    ]
