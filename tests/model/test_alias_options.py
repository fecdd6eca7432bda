"""Options of alias resolution."""

import msgspec
import pytest

from netsonde import _core
from netsonde.model import AliasOptions, Job, Kind, Target, job_id


def _job(**options: object) -> bytes:
    fields = {
        "schema": 1,
        "id": job_id(0, bytes(10)),
        "kind": Kind.ALIAS,
        "targets": (Target(address="5.2.0.1", source="5.1.0.1"),),
        "alias": options,
        "rate_pps": 100,
        "in_flight_max": 10,
        "seed": 1,
        "key": "00" * 16,
    }
    return msgspec.json.encode(fields)


def test_the_defaults_make_a_job() -> None:
    assert msgspec.json.decode(_job(), type=Job).alias == AliasOptions()
    _core.Engine(_job(), 0)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("attempts", 0),
        ("wait_ms", 0),
        ("samples", 4),
        ("samples", 1_001),
        ("rounds", 0),
        ("false_positive_ppm", 1_000_001),
        ("prefix_len", 23),
        ("prefix_len", 32),
    ],
)
def test_both_sides_refuse_what_cannot_be(option: str, value: int) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(_job(**{option: value}), type=Job)
    with pytest.raises(_core.JobError, match=rf"alias\.{option}"):
        _core.Engine(_job(**{option: value}), 0)


def test_far_is_beyond_near() -> None:
    with pytest.raises(_core.JobError, match=r"alias\.far"):
        _core.Engine(_job(near=300, far=300), 0)
