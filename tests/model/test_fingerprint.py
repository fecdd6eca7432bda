"""Fingerprint records."""

import json

import msgspec
from hypothesis import given

from netsonde import _core
from netsonde.model import FingerprintResult, SnmpEngine, TtlSignature
from tests.model.strategies import records


@given(records(FingerprintResult))
def test_the_core_reads_and_writes_what_the_model_does(result: FingerprintResult) -> None:
    line = msgspec.json.encode(result)
    assert json.loads(_core.read_event(line)) == json.loads(line)


def test_an_engine_tells_its_vendor_and_when_it_started() -> None:
    engine = SnmpEngine(
        engine_id="00",
        enterprise=2636,
        mac="00:11:22:33:44:55",
        engine_time=10,
        received_ns=3_000_000_000,
    )
    assert (engine.vendor, engine.oui) == ("Juniper", "00:11:22")
    assert engine.started_ns == -7_000_000_000
    unknown = SnmpEngine(engine_id="")
    assert (unknown.vendor, unknown.oui) == (None, None)


def test_a_signature_has_a_star_for_what_is_silent() -> None:
    assert str(TtlSignature(echo_reply=64, tcp_rst=255)) == "<64,*,255>"
