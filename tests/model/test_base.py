"""What every record shares."""

import msgspec
import pytest

from netsonde.model import Budget, Label, Record


def _records(root: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    return [each for sub in root.__subclasses__() for each in (sub, *_records(sub))]


@pytest.mark.parametrize("record", _records(Record), ids=lambda record: record.__name__)
def test_records_are_frozen_and_strict(record: type[msgspec.Struct]) -> None:
    config = record.__struct_config__
    assert config.frozen
    assert config.forbid_unknown_fields


def test_a_record_cannot_be_changed() -> None:
    label = Label(label=16, tc=0, bottom=True, ttl=1)
    with pytest.raises(AttributeError):
        label.ttl = 2  # type: ignore[misc]


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(b'{"per_target":1,"more":2}', type=Budget)


@pytest.mark.parametrize("value", [-1, 0, 2**32])
def test_ranges_are_those_of_the_rust_side(value: int) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"per_target": value}, Budget)
