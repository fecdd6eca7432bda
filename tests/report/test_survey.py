"""What a survey found, as numbers."""

import netsonde
from netsonde.model import Kind
from netsonde.report import survey
from tests.report.tables import tables

LABS = ("invisible-php-brpr", "explicit-php", "two-tunnels")


def test_numbers_are_those_of_the_results() -> None:
    found = survey(tables(*LABS))
    results = []
    for name in LABS:
        lab = netsonde.lab.load(name)
        results += [netsonde.tnt(str(target), vantage=lab) for target in lab.targets]
    visible = {one for result in results for one in result.trace.path}
    hidden = {router.address for result in results for router in result.hidden}
    assert found.totals.traces == len(results)
    assert found.totals.reached == sum(result.reached for result in results)
    assert found.totals.routers == len(visible - {None})
    assert found.totals.hidden == len(hidden)
    assert found.totals.tunnels == sum(len(result.tunnels) for result in results)
    assert sum(row.tunnels for row in found.classes) == found.totals.tunnels
    assert sum(row.number for row in found.stops) == len(results)
    assert found.totals.probes > 0


def test_revealed_routers_make_paths_longer() -> None:
    found = survey(tables("invisible-php-brpr"))
    assert [(row.length, row.first, row.second) for row in found.path_lengths] == [
        (5, 2, 0),
        (8, 0, 2),
    ]
    assert found.tunnel_lengths == [("invisible-php", 3, 2)]


def test_times_are_quantiles() -> None:
    found = survey(tables("plain"))
    assert len(found.hop_rtts_ms) == 101
    assert found.hop_rtts_ms == sorted(found.hop_rtts_ms)
    assert found.ping_rtts_ms == []


def test_pings_are_counted_by_target() -> None:
    found = survey(tables("plain", kind=Kind.PING))
    assert (found.totals.pings, found.totals.pings_answered, found.totals.traces) == (2, 2, 0)
    assert len(found.ping_rtts_ms) == 101
