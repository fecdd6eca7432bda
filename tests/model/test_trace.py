"""Results of ping and trace."""

import pytest

from netsonde.model import PingMethod, PingResult, StopReason
from tests.report.samples import SOURCE, TARGET, hop, reply, trace


def _ping(*rtts_ms: float, sent: int) -> PingResult:
    replies = tuple(reply(TARGET, rtt, attempt=n) for n, rtt in enumerate(rtts_ms, 1))
    return PingResult(
        target=TARGET, source=SOURCE, method=PingMethod.ICMP, sent=sent, replies=replies
    )


def test_a_ping_knows_its_loss_and_times() -> None:
    result = _ping(1.0, 3.0, sent=4)
    assert (result.reached, result.loss, result.rtts_ms) == (True, 0.5, (1.0, 3.0))


def test_an_unanswered_ping_is_lost_whole() -> None:
    assert (_ping(sent=4).reached, _ping(sent=4).loss) == (False, 1.0)


def test_nothing_sent_is_nothing_lost() -> None:
    assert _ping(sent=0).loss == 0


def test_an_error_from_a_router_is_no_answer() -> None:
    result = PingResult(
        target=TARGET,
        source=SOURCE,
        method=PingMethod.ICMP,
        sent=1,
        replies=(reply("5.1.0.2", 1.0),),
    )
    assert (result.reached, result.loss, result.rtts_ms) == (False, 1.0, ())


def test_a_silent_hop_has_nothing() -> None:
    silent = hop(3, sent=3)
    assert (silent.address, silent.rtt_ms, silent.labels, silent.loss) == (None, None, (), 1.0)


def test_a_hop_is_decided_by_its_first_reply() -> None:
    both = hop(3, reply("5.1.2.2", 2.0, attempt=2), reply("5.1.2.6", 1.0, attempt=1), sent=4)
    assert (both.address, both.rtt_ms, both.loss) == ("5.1.2.2", 2.0, 0.5)


def test_duplicates_do_not_make_a_negative_loss() -> None:
    twice = hop(3, reply("5.1.2.2", 2.0), reply("5.1.2.2", 2.1), sent=1)
    assert twice.loss == 0


@pytest.mark.parametrize("stop", list(StopReason))
def test_a_trace_reached_only_if_completed(stop: StopReason) -> None:
    assert trace(stop=stop).reached is (stop is StopReason.COMPLETED)


def test_a_trace_in_text() -> None:
    found = trace(hop(1, reply("5.1.0.2", 0.2)), hop(2, sent=3), hop(3, reply(TARGET, 2.0)))
    assert found.path == ("5.1.0.2", None, TARGET)
    assert str(found).splitlines() == [
        "trace to 5.2.0.1 from 5.1.0.1, icmp-paris",
        "hop  address  rtt/ms  labels",
        "1    5.1.0.2  0.20",
        "2    *",
        "3    5.2.0.1  2.00",
        "completed, 5 probes sent",
    ]
    assert found._repr_html_().count("<tr>") == 5
