"""Results get a list and a cycle, which begins before the first and ends after the last."""

import netsonde
from netsonde.formats import Losses, Measured, Packet, ScamperCycle, ScamperCycleStop, ScamperPing
from netsonde.formats._to_scamper import LIST, ToScamper


def test_a_cycle_around_results() -> None:
    result = netsonde.ping("5.2.0.1", vantage=netsonde.lab.load("plain"), count=2)
    losses = Losses()
    made = ToScamper(losses)
    found = []
    for second in (9, 5):
        record = Measured(result=result, epoch_ns=second * 10**9, job="a-job")
        found += list(made.records(record))
    found += list(made.end())
    start, first, last, stop = found
    assert isinstance(start, ScamperCycle)
    assert isinstance(first, ScamperPing)
    assert isinstance(last, ScamperPing)
    assert isinstance(stop, ScamperCycleStop)
    assert (start.list, start.started_s, start.host) == (LIST, 9, "a-job")
    assert (first.cycle, last.cycle, stop.cycle) == (start, start, start)
    assert stop.stopped_s == 10, "the latest ended a second after it began"
    assert not losses


def test_packets_are_no_measurements() -> None:
    losses = Losses()
    made = ToScamper(losses)
    assert not list(made.records(Packet(data=b"", time_ns=0, link_type=1, size=0)))
    assert not list(made.end())
    assert losses.records == {"Packet": 1}
