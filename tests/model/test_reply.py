"""Replies."""

from netsonde.model import Interface, Unknown, decode_event
from tests.report import samples


def test_an_rtt_is_in_milliseconds_too() -> None:
    assert samples.reply("5.1.0.2", 1.5).rtt_ms == 1.5


def test_extension_objects_are_told_apart() -> None:
    line = (
        b'{"type":"ping-reply","target":"5.2.0.1","reply":{"responder":"5.1.0.2","kind":'
        b'"time-exceeded","attempt":1,"rtt_ns":5,"size":56,"labels":[],"extensions":['
        b'{"object":"interface","role":0,"if_index":3,"address":null,"name":"ge-0/0/1","mtu":9000},'
        b'{"object":"unknown","class":9,"c_type":1,"payload":"00ff"}]}}'
    )
    event = decode_event(line)
    first, second = event.reply.extensions  # type: ignore[union-attr]
    assert first == Interface(role=0, if_index=3, name="ge-0/0/1", mtu=9000)
    assert second == Unknown(class_=9, c_type=1, payload="00ff")
