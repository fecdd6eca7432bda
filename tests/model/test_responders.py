"""The addresses that an event tells of."""

import netsonde
from netsonde.model import Counters, Done, HopSettled, TraceResult, responders

LAB = netsonde.lab.load("invisible-php-brpr")


def test_a_trace_has_its_hops_and_tnt_its_hidden_routers() -> None:
    trace = netsonde.trace("5.2.0.1", vantage=LAB)
    result = netsonde.tnt("5.2.0.1", vantage=LAB)
    assert responders(trace) == trace.path
    assert set(responders(result)) == {*trace.path, *(router.address for router in result.hidden)}


def test_other_events() -> None:
    trace: TraceResult = netsonde.trace("5.2.0.1", vantage=LAB)
    assert responders(HopSettled(target="5.2.0.1", hop=trace.hops[0])) == trace.path[:1]
    assert responders(netsonde.ping("5.2.0.1", count=1, vantage=LAB)) == ("5.2.0.1",)
    counters = Counters(**dict.fromkeys(Counters.__struct_fields__, 0))
    assert responders(Done(counters=counters, targets_done=1, duration_ns=1)) == ()
