"""What is lost when scamper's records become results is told."""

from netsonde.formats import (
    Losses,
    Opaque,
    ScamperCycle,
    ScamperList,
    ScamperPing,
    ScamperPingReply,
    ScamperTrace,
)
from netsonde.formats._results import result_of
from netsonde.formats._scamper import Pmtud


def test_lists_have_no_result_and_are_told_once() -> None:
    losses = Losses()
    told = ScamperList(name="a")
    assert result_of(told, losses) is None
    assert result_of(ScamperCycle(list=told), losses) is None
    assert list(losses.lines()) == ["written without lists and cycles"]


def test_methods_and_extras_that_netsonde_has_not_are_told() -> None:
    losses = Losses()
    assert result_of(ScamperTrace(method=2, pmtud=Pmtud()), losses)
    assert result_of(ScamperTrace(method=5), losses)
    assert result_of(ScamperPing(method=5, replies=(ScamperPingReply(route=("1.1.1.1",)),)), losses)
    assert result_of(Opaque(type_=9, data=b""), losses) is None
    told = "\n".join(losses.lines())
    for words in ("method udp of traces", "path MTU", "method icmp-time of pings", "record route"):
        assert words in told
    assert "udp-paris" not in told
