"""Words for codes."""

from enum import StrEnum

import msgspec
import pytest

from netsonde.model import (
    AttemptOutcome,
    Method,
    ReplyKind,
    StopReason,
    Trigger,
    TunnelClass,
    VendorCandidate,
)
from netsonde.report import _words
from tests.report import samples


@pytest.mark.parametrize(
    ("enum", "words"),
    [
        (TunnelClass, _words.CLASSES),
        (Trigger, _words.TRIGGERS),
        (Method, _words.METHODS),
        (AttemptOutcome, _words.OUTCOMES),
        (StopReason, _words.STOPS),
    ],
)
def test_every_code_has_its_words(enum: type[StrEnum], words: dict[StrEnum, str]) -> None:
    assert set(words) == set(enum)
    assert all(words.values())


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("5.1.0.2", 1, "host unreachable"),
        ("2a00::1", 1, "administratively prohibited"),
        ("5.1.0.2", 99, "unreachable, code 99"),
        ("5.1.0.2", 3, "port unreachable"),
    ],
)
def test_unreachable_codes_of_both_families(address: str, code: int, words: str) -> None:
    reply = msgspec.structs.replace(
        samples.reply(address, 1.0), kind=ReplyKind.UNREACHABLE, icmp_code=code
    )
    assert _words.reply(reply, final=False) == words


def test_the_expected_answer_of_a_target_needs_no_words() -> None:
    reply = msgspec.structs.replace(
        samples.reply("5.2.0.1", 1.0), kind=ReplyKind.UNREACHABLE, icmp_code=3
    )
    assert _words.reply(reply, final=True) == ""


def test_an_mtu_is_told() -> None:
    reply = msgspec.structs.replace(
        samples.reply("2a00::1", 1.0), kind=ReplyKind.PACKET_TOO_BIG, mtu=1400
    )
    assert _words.reply(reply, final=False) == "packet too big, MTU 1400"


def test_a_signature_shows_what_is_not_known() -> None:
    facts = samples.facts(1.0, 250)
    assert _words.signature(facts) == "<255,255>"
    assert _words.signature(msgspec.structs.replace(facts, signature=(255, 0))) == "<255,*>"
    assert _words.signature(None) == ""


@pytest.mark.parametrize(("number", "cell"), [(0, ""), (1, "V0"), (2, "V0, V1"), (4, "V0, V1 +2")])
def test_many_vendors_are_counted(number: int, cell: str) -> None:
    found = [VendorCandidate(vendor=f"V{n}", share_percent=99) for n in range(number)]
    assert _words.vendors(tuple(found)) == cell


def test_evidence_has_its_number() -> None:
    (tunnel,) = samples.brpr_path().tunnels
    assert _words.evidence(tunnel) == "FRPLA 3"
    both = msgspec.structs.replace(tunnel, triggers=(Trigger.DUPLICATE_IP, Trigger.RTLA))
    assert _words.evidence(both) == "duplicate address, RTLA"


def test_durations() -> None:
    assert (_words.duration(12.4), _words.duration(1_234)) == ("12 ms", "1.2 s")
