"""How good a trigger is, judged where the truth is known."""

from collections.abc import Iterator

import netsonde
from netsonde.model import AttemptOutcome, TntResult
from netsonde.report import RocPoint, roc


def brute(*labs: str, target: str = "5.2.0.1") -> Iterator[TntResult]:
    for name in labs:
        yield netsonde.tnt(target, vantage=netsonde.lab.load(name), brute_force=True)


def points(*labs: str) -> dict[tuple[str, int], RocPoint]:
    return {(point.trigger, point.threshold): point for point in roc(brute(*labs))}


def test_a_tunnel_of_three_is_found_up_to_frpla_3() -> None:
    found = points("invisible-php-brpr")
    assert found["frpla", 3].true_positive_rate == 1
    assert found["frpla", 4].true_positive_rate == 0
    assert found["frpla", 3].false_positives == 0


def test_the_exit_of_juniper_is_judged_by_rtla() -> None:
    results = [result for result in brute("two-tunnels") if result.tunnels]
    found = {(point.trigger, point.threshold): point for point in roc(results)}
    rtlas = [hop.facts.rtla for hop in results[0].hops if hop.facts and hop.facts.rtla is not None]
    tested = found["rtla", 1]
    counted = tested.true_positives + tested.false_negatives
    counted += tested.false_positives + tested.true_negatives + tested.inconclusive
    assert counted <= len(rtlas)


def test_rates_never_rise_with_the_threshold() -> None:
    found = points("invisible-php-brpr", "invisible-php-dpr", "asymmetric-return", "plain")
    for trigger in ("frpla", "rtla", "either"):
        column = [found[trigger, at] for at in range(1, 11)]
        assert [one.true_positives for one in column] == sorted(
            (one.true_positives for one in column), reverse=True
        )
        assert [one.false_positives for one in column] == sorted(
            (one.false_positives for one in column), reverse=True
        )


def test_a_long_way_back_is_a_false_positive_of_low_thresholds() -> None:
    found = points("asymmetric-return")
    assert found["frpla", 1].false_positives > found["frpla", 10].false_positives


def test_pairs_that_paths_share_count_once() -> None:
    (once,) = list(brute("invisible-php-brpr"))
    assert roc([once, once]) == roc([once])


def test_failed_revelations_are_left_out() -> None:
    (result,) = list(brute("plain"))
    failed = [
        one
        for one in result.failed
        if not one.attempts or one.attempts[-1].outcome is not AttemptOutcome.NOTHING_REVEALED
    ]
    point = next(point for point in roc([result]) if point.trigger == "either")
    assert point.inconclusive == len({(one.entry, one.exit) for one in failed})
    assert point.true_positive_rate is None
