"""What others know of an address."""

import msgspec

from netsonde.model import Annotation

FULL = Annotation(
    address="5.1.2.3",
    names=("core1.example.net",),
    asn=64500,
    as_name="Example",
    prefix="5.1.0.0/16",
    country="DE",
    city="Berlin",
)


def test_it_reads_as_one_line() -> None:
    assert str(FULL) == "core1.example.net AS64500 Example Berlin, DE"
    assert str(Annotation(address="5.1.2.3", asn=0)) == "AS0"
    assert str(Annotation(address="5.1.2.3")) == ""


def test_it_is_empty_when_nobody_knows_anything() -> None:
    assert Annotation(address="5.1.2.3").is_empty
    assert not Annotation(address="5.1.2.3", country="DE").is_empty


def test_it_travels_as_json() -> None:
    line = msgspec.json.encode(FULL)
    assert b'"type":"annotation"' in line
    assert msgspec.json.decode(line, type=Annotation) == FULL
