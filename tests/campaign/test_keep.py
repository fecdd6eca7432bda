"""Results of a measurement go to a dataset on their way."""

import asyncio
from pathlib import Path

from netsonde.campaign import keep, new_run
from netsonde.lab import load
from netsonde.measure import choose, lines, prepare, request
from netsonde.model import AliasResult, Kind
from netsonde.store import Dataset

_ADDRESSES = ["5.1.0.2", "5.1.1.1", "5.1.1.2"]


async def resolve(directory: Path) -> list[str]:
    vantage = choose(load("plain"))
    asked = request(Kind.ALIAS, {"method": "mercator"})
    resolved = await prepare(asked, vantage, _ADDRESSES)
    events = lines(asked, vantage, resolved, asyncio.Event())
    run = new_run(vantage, {"kind": "alias"}, seed=7)
    return [type(line.event).__name__ async for line in keep(events, directory, run)]


def test_results_are_stored_and_passed_on(tmp_path: Path) -> None:
    for number in (1, 2):
        assert asyncio.run(resolve(tmp_path)) == ["Start", "AliasResult", "Done"]
        found = Dataset(tmp_path)
        assert len(list(found.results())) == number, "what is there stays"
    first, second = found.runs().values()
    assert (first.seed, first.options, second.epoch_ns) == (7, {"kind": "alias"}, 0)
    assert second.ended is not None
    assert second.counters["sent"] > 0
    (result, _) = found.results()
    assert isinstance(result, AliasResult)
    with found.query() as query:
        routers = query.ask("SELECT run, addresses FROM alias_routers ORDER BY run")
    assert routers == [(1, ["5.1.0.2", "5.1.1.1"]), (2, ["5.1.0.2", "5.1.1.1"])]
