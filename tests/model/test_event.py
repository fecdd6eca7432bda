"""Both sides agree on events: Rust reads what Python writes, and the other way round."""

import re
from enum import StrEnum

import msgspec
import pytest
from hypothesis import given, settings

from netsonde import _core
from netsonde.model import (
    AliasMethod,
    AliasProbe,
    AliasVerdict,
    AttemptOutcome,
    Completeness,
    Event,
    IpIdClass,
    Kind,
    Method,
    PingMethod,
    PingResult,
    Privilege,
    ReplyKind,
    Start,
    StopReason,
    TntResult,
    TraceMethod,
    TraceResult,
    Trigger,
    TunnelClass,
    decode_event,
)
from tests.model.strategies import records
from tests.report import samples

_EVENTS = Event.__args__


@pytest.mark.parametrize("event", _EVENTS, ids=lambda event: event.__name__)
def test_rust_reads_and_writes_every_event(event: type[msgspec.Struct]) -> None:
    @settings(max_examples=30)
    @given(value=records(event))
    def check(value: msgspec.Struct) -> None:
        # An engine does not know what runs it: who started it says so.
        if isinstance(value, Start | PingResult | TraceResult | TntResult):
            value = msgspec.structs.replace(value, runtime=None)
        assert decode_event(_core.read_event(msgspec.json.encode(value))) == value

    check()


def test_the_union_names_every_event_of_the_rust_side() -> None:
    with pytest.raises(ValueError, match="unknown variant") as caught:
        _core.read_event(b'{"type":"?"}')
    tags = {event.__struct_config__.tag for event in _EVENTS}
    assert set(re.findall(r"`([\w-]+)`", str(caught.value))) == tags


#: Where each enumeration stands in an event or a job.
_PLACES: dict[type[StrEnum], str] = {
    Kind: '"kind":"ping"',
    Privilege: '"privilege":"raw"',
    PingMethod: '"method":"icmp"',
    TraceMethod: '"method":"icmp-paris"',
    ReplyKind: '"kind":"time-exceeded"',
    StopReason: '"stop":"completed"',
    TunnelClass: '"class":"invisible-php"',
    Trigger: '"triggers":["frpla"]',
    Method: '"method":"brpr"',
    AttemptOutcome: '"outcome":"revealed"',
    Completeness: '"completeness":"complete"',
    AliasMethod: '"method":"midar"',
    AliasProbe: '"probe":"tcp-ack"',
    AliasVerdict: '"verdict":"unknown"',
    IpIdClass: '"class":"counter"',
}


@pytest.mark.parametrize("enum", _PLACES, ids=lambda enum: enum.__name__)
def test_enumerations_have_the_members_of_the_rust_side(enum: type[StrEnum]) -> None:
    place = _PLACES[enum]
    value = re.findall(r'"([\w-]+)"', place)[-1]
    texts = [
        msgspec.json.encode(samples.brpr_path()).decode(),
        '{"type":"start","schema":1,"job":"","kind":"ping","privilege":"raw","targets":1,"seed":1,"epoch_ns":null}',
        '{"type":"ping","target":"::","source":"::","method":"icmp","sent":0,"replies":[],'
        '"duplicates":0,"late":0,"incomplete":false}',
        msgspec.json.encode(samples.aliases()).decode(),
    ]
    text = next(text for text in texts if place in text)
    broken = text.replace(place, place.replace(f'"{value}"', '"?"'), 1)
    with pytest.raises(ValueError, match=r"unknown variant `\?`") as caught:
        _core.read_event(broken.encode())
    names = re.findall(r"`([\w-]+)`", str(caught.value))
    assert set(names) == set(enum)


def test_a_line_that_is_no_event_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_event(b'{"type":"done"}')
    with pytest.raises(msgspec.DecodeError):
        decode_event(b"{")
