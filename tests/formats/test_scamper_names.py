"""Numbers and their names."""

from netsonde.formats import IcmpExtension
from netsonde.formats._scamper_names import (
    PING_METHODS,
    STOP_REASONS,
    TRACE_METHODS,
    label_entry,
    labels,
    name,
    number,
    quotes,
)


def test_names_and_numbers() -> None:
    assert (name(TRACE_METHODS, 5), number(TRACE_METHODS, "udp-paris")) == ("udp-paris", 5)
    assert (name(TRACE_METHODS, 0), name(TRACE_METHODS, None), name(TRACE_METHODS, 77)) == (
        "0",
        "0",
        "77",
    )
    assert (number(STOP_REASONS, "77"), number(STOP_REASONS, "smoke")) == (77, None)
    assert name(PING_METHODS, None) == "icmp-echo"


def test_label_entries() -> None:
    entry = label_entry(16_104, 5, 1, 254)
    assert entry.hex() == "03ee8bfe"
    assert labels(IcmpExtension(class_=1, type_=1, data=entry + b"x")) == [(16_104, 5, 1, 254)]
    assert labels(IcmpExtension(class_=2, type_=1, data=entry)) == []


def test_what_quotes() -> None:
    assert [quotes(kind, v6=False) for kind in (0, 3, 11)] == [False, True, True]
    assert [quotes(kind, v6=True) for kind in (129, 1, 3)] == [False, True, True]
