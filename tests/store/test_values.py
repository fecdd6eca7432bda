"""Every type of a result becomes a plain value."""

import datetime
from decimal import Decimal

import msgspec
import pyarrow as pa
import pytest

from netsonde.store._values import plain_rows


@pytest.mark.parametrize(
    ("array", "plain"),
    [
        (
            pa.array([1_577_836_800_123_456_789], pa.timestamp("ns")),
            "2020-01-01 00:00:00.123456789",
        ),
        (pa.array([[0]], pa.list_(pa.timestamp("s"))), ["1970-01-01 00:00:00"]),
        (pa.array([Decimal(2**70)]), 2**70),
        (pa.array([Decimal("1.5")]), 1.5),
        (pa.array([float("nan")]), None),
        (pa.array([float("inf")]), None),
        (pa.array([b"\xff\x00"]), "ff00"),
        (pa.array([{"a": [Decimal(1)]}]), {"a": [1]}),
        (pa.array([datetime.date(2020, 1, 2)]), "2020-01-02"),
        (pa.array([None], pa.uint8()), None),
        (pa.array([True]), True),
        (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8())), [["a", 1]]),
    ],
    ids=lambda value: str(value)[:20],
)
def test_plain_values_are_json(array: pa.Array, plain: object) -> None:
    ((value,),) = plain_rows(pa.record_batch([array], names=["x"]))
    assert value == plain
    assert type(value) is type(plain)
    msgspec.json.encode(value)
