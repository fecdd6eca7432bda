"""Options of TCP behaviour."""

import msgspec
import pytest

from netsonde import _core
from netsonde.model import Job, Kind, Target, TcpOptions, job_id


def _job(**options: object) -> bytes:
    fields = {
        "schema": 1,
        "id": job_id(0, bytes(10)),
        "kind": Kind.TCP,
        "targets": (Target(address="5.2.0.1", source="5.1.0.1"),),
        "tcp": options,
        "rate_pps": 100,
        "in_flight_max": 10,
        "seed": 1,
        "key": "00" * 16,
    }
    return msgspec.json.encode(fields)


def test_the_defaults_make_a_job() -> None:
    assert msgspec.json.decode(_job(), type=Job).tcp == TcpOptions()
    _core.Engine(_job(), 0)


@pytest.mark.parametrize(
    "option", ["destination_port", "attempts", "wait_ms", "first_ttl", "gap_limit", "window"]
)
def test_both_sides_refuse_what_cannot_be(option: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(_job(**{option: 0}), type=Job)
    with pytest.raises(_core.JobError, match=rf"tcp\.{option}"):
        _core.Engine(_job(**{option: 0}), 0)


@pytest.mark.parametrize(
    ("options", "field"), [({"mss": 63}, "mss"), ({"first_ttl": 9, "last_ttl": 8}, "last_ttl")]
)
def test_the_core_refuses_what_contradicts(options: dict[str, int], field: str) -> None:
    with pytest.raises(_core.JobError, match=rf"tcp\.{field}"):
        _core.Engine(_job(**options), 0)


def test_it_takes_raw_sockets() -> None:
    job = msgspec.json.decode(_job())
    job["privilege"] = "none"
    with pytest.raises(_core.JobError, match="privilege"):
        _core.Engine(msgspec.json.encode(job), 0)
