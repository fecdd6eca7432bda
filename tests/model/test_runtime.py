"""Where the engine of a run was."""

import msgspec
import pytest

from netsonde.model import (
    Kind,
    PingMethod,
    PingResult,
    Privilege,
    RuntimeRecord,
    Start,
    decode_event,
)


def test_a_start_may_say_where_it_was() -> None:
    record = RuntimeRecord(name="unikernel", engine="qemu-tcg", image="sha256:00", rtt_bias_ns=5)
    start = Start(
        schema=1,
        job="x",
        kind=Kind.TNT,
        privilege=Privilege.RAW,
        targets=1,
        seed=1,
        runtime=record,
    )
    assert decode_event(msgspec.json.encode(start)) == start


def test_a_result_keeps_where_it_was_in_other_files() -> None:
    record = RuntimeRecord(name="process", image="sha256:00")
    result = PingResult(
        target="5.2.0.1", source="5.1.0.1", method=PingMethod.ICMP, sent=1, runtime=record
    )
    assert decode_event(msgspec.json.encode(result)) == result


def test_more_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": "x", "image": "y", "other": 1}, RuntimeRecord)
