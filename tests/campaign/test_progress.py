"""How far a campaign is: rates of late, and the time left at the pace of late."""

from netsonde.campaign._progress import Meter
from netsonde.model import Progress as Said


def said(second: float, sent: int, done: int) -> Said:
    return Said(
        sent=sent,
        received=sent // 2,
        targets_begun=done,
        targets_done=done,
        in_flight=0,
        elapsed_ns=int(second * 1e9),
    )


def test_rate_share_and_time_left() -> None:
    meter = Meter(1_000)
    meter.update(said(1, 100, 50), left=850, given=150)
    progress = meter.update(said(2, 300, 100), left=850, given=150)
    assert (progress.targets, progress.targets_done) == (2_000, 1_100)
    assert (progress.rate_pps, progress.answered) == (200.0, 0.5)
    assert progress.left_s == 18.0
    assert meter.last is progress


def test_only_the_last_seconds_count() -> None:
    meter = Meter(0)
    for second in range(1, 20):
        meter.update(said(second, 1_000, 100), left=10, given=100)
    progress = meter.update(said(20, 1_600, 100), left=10, given=100)
    assert progress.rate_pps == 120.0
    assert progress.left_s is None, "nothing was done of late"


def test_before_anything_is_known() -> None:
    assert Meter(7).last.targets_done == 7
    progress = Meter(0).update(said(0, 0, 0), left=5, given=0)
    assert (progress.rate_pps, progress.answered, progress.left_s) == (0.0, 0.0, None)
