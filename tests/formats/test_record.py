"""What surrounds a result."""

import netsonde
from netsonde.formats import Direction, Measured, Opaque, Packet, Record, Skipped
from netsonde.formats._record import kind_of


def test_times_are_on_the_clock_of_whoever_measured() -> None:
    result = netsonde.ping("5.2.0.1", vantage=netsonde.lab.load("plain"), count=1)
    assert Measured(result=result, epoch_ns=1_000).unix_ns(5) == 1_005
    assert Measured(result=result).unix_ns(5) == 5


def test_records_are_counted_by_what_they_are() -> None:
    result = netsonde.ping("5.2.0.1", vantage=netsonde.lab.load("plain"), count=1)
    packet = Packet(data=b"", time_ns=0, link_type=1, size=0)
    assert packet.direction is Direction.UNKNOWN
    found: list[Record] = [
        Measured(result=result),
        Opaque(type_=9, data=b""),
        Skipped(kind="RIPE Atlas dns"),
        packet,
    ]
    assert [kind_of(one) for one in found] == [
        "PingResult", "warts record of type 0x0009", "RIPE Atlas dns", "Packet",
    ]  # fmt: skip
