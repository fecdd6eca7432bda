"""Both sides agree on jobs."""

import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde import _core
from netsonde.model import SCHEMA, Job, Kind, Target, job_id
from tests.model.strategies import records

_TARGET = Target(address="5.2.0.1", source="5.1.0.1")


def _job(**changes: object) -> Job:
    fields: dict[str, object] = {
        "id": job_id(0, bytes(10)),
        "kind": Kind.TNT,
        "targets": (_TARGET,),
        "rate_pps": 100,
        "in_flight_max": 10,
        "seed": 1,
        "key": "00" * 16,
    }
    return msgspec.convert({**fields, **changes}, Job)


def test_the_schema_version_is_that_of_the_rust_side() -> None:
    assert SCHEMA == _core.SCHEMA


def test_default_options_are_equal_on_both_sides() -> None:
    job = _job()
    needed = {
        name: value
        for name, value in msgspec.to_builtins(job).items()
        if name in ("schema", "id", "kind", "targets", "rate_pps", "in_flight_max", "seed", "key")
    }
    filled = _core.read_job(msgspec.json.encode(needed))
    assert msgspec.json.decode(filled) == msgspec.json.decode(msgspec.json.encode(job))


@given(job=records(Job))
def test_rust_reads_and_writes_every_job(job: Job) -> None:
    assert msgspec.json.decode(_core.read_job(msgspec.json.encode(job)), type=Job) == job


def test_the_engine_takes_a_job() -> None:
    engine = _core.Engine(msgspec.json.encode(_job()), 0)
    assert engine.poll_event()
    assert engine.poll_transmit(0)
    engine.interrupt(1)


@pytest.mark.parametrize("change", [{"schema": 2}, {"key": "00"}, {"targets": ()}])
def test_the_engine_refuses_a_job_by_field(change: dict[str, object]) -> None:
    with pytest.raises(_core.JobError) as caught:
        _core.Engine(msgspec.json.encode(_job(**change)), 0)
    assert caught.value.args[0].startswith(next(iter(change)))


@given(unix_ms=st.integers(0, 2**48 - 1), random=st.binary(min_size=10, max_size=10))
def test_a_job_id_is_a_uuid_of_version_7(unix_ms: int, random: bytes) -> None:
    value = uuid.UUID(job_id(unix_ms, random))
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert value.int >> 80 == unix_ms


def test_job_ids_sort_by_time() -> None:
    ids = [job_id(unix_ms, bytes([255 - unix_ms] * 10)) for unix_ms in range(200)]
    assert ids == sorted(ids)
