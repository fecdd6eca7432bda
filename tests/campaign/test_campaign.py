"""Campaigns in virtual time: what is stored, stopped and resumed."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from netsonde import formats
from netsonde.campaign import Batch, Campaign, Progress, read_plan, summary
from netsonde.model import UsageError
from netsonde.store import Dataset

PLAN = """\
name = "try"
kind = "{kind}"
contact = "ops@example.net"
[targets]
list = ["5.2.0.0/29", "5.1.6.2", "host"]
[exclude]
list = ["5.2.0.3"]
[limits]
rate_pps = 100
{limits}
[vantage]
lab = "explicit-php"
"""


def plan(tmp_path: Path, kind: str = "trace", limits: str = "") -> Path:
    file = tmp_path / "survey.toml"
    file.write_text(PLAN.format(kind=kind, limits=limits))
    return file


def run(tmp_path: Path, file: Path, **options: Any) -> tuple[Campaign, list[Batch]]:  # noqa: ANN401
    campaign = Campaign(file, tmp_path / "out", **options)
    return campaign, list(campaign.run())


@pytest.mark.parametrize("kind", ["ping", "trace", "tnt"])
def test_everything_is_stored_as_it_is_given(tmp_path: Path, kind: str) -> None:
    campaign, batches = run(tmp_path, plan(tmp_path, kind))
    table = "pings" if kind == "ping" else "traces"
    given = {
        target
        for batch in batches
        if batch.table == table
        for target in batch.record_batch().column("target").to_pylist()
    }
    assert given == {f"5.2.0.{last}" for last in range(8) if last != 3} | {"5.1.6.2"}
    assert campaign.is_complete
    assert campaign.refused["excluded"] == 1
    assert campaign.counters
    assert campaign.progress.sent == campaign.counters.sent
    found = summary(tmp_path / "out")
    assert (found.name, found.kind, found.finished, found.runs) == ("try", kind, 8, 1)
    assert found.sent == campaign.counters.sent
    assert (tmp_path / "out" / "campaign.toml").read_text().startswith('name = "try"')
    (recorded,) = Dataset(tmp_path / "out").runs().values()
    assert recorded.options["contact"] == "ops@example.net"
    assert recorded.ended


def test_results_without_a_table_of_their_own_are_stored_too(tmp_path: Path) -> None:
    campaign, _ = run(tmp_path, plan(tmp_path, "tcp"))
    assert campaign.is_complete
    with Dataset(tmp_path / "out").query() as query:
        rows = query.ask("SELECT target, state, stop FROM tcp ORDER BY target")
    targets = sorted([*(f"5.2.0.{last}" for last in range(8) if last != 3), "5.1.6.2"])
    assert [row[0] for row in rows] == targets
    # Two of them are hosts; for the others a router says that there is none.
    stops = {"closed": "completed", "unreachable": "unreachable"}
    assert {row[1:] for row in rows} == set(stops.items())
    assert summary(tmp_path / "out").finished == 8


def test_a_finished_campaign_sends_nothing_more(tmp_path: Path) -> None:
    run(tmp_path, plan(tmp_path))
    with pytest.raises(UsageError, match="holds results already"):
        run(tmp_path, plan(tmp_path))
    again, batches = run(tmp_path, plan(tmp_path), resume=True)
    assert (batches, again.is_complete, again.progress.sent) == ([], True, 0)
    assert again.refused["done"] == 8


def test_what_is_left_is_measured_and_nothing_twice(tmp_path: Path) -> None:
    file = plan(tmp_path, limits="probes_total = 45")
    first, _ = run(tmp_path, file)
    assert first.progress.sent <= 45
    finished = Dataset(tmp_path / "out").finished_targets(budget_is_final=False)
    before = set("\n".join(finished).split())
    assert len(before) < 8
    # The budget is spent for good, unless it grows.
    spent, batches = run(tmp_path, file, resume=True)
    assert (batches, spent.is_complete) == ([], False)
    _, batches = run(tmp_path, plan(tmp_path), resume=True)
    rows = [batch.record_batch() for batch in batches if batch.table == "traces"]
    again = {target for row in rows for target in row.column("target").to_pylist()}
    assert not again & before
    assert len(again | before) == 8


def test_another_campaign_is_refused(tmp_path: Path) -> None:
    run(tmp_path, plan(tmp_path))
    with pytest.raises(UsageError, match=r"differ: kind \(was trace, is ping\)"):
        run(tmp_path, plan(tmp_path, "ping"), resume=True)


def test_names_are_kept_for_the_next_run(tmp_path: Path) -> None:
    run(tmp_path, plan(tmp_path))
    file = plan(tmp_path)
    file.write_text(file.read_text().replace('"5.2.0.0/29"', '"5.2.0.4/30"'))
    campaign = Campaign(file, tmp_path / "other")
    list(campaign.run())
    assert Dataset(tmp_path / "other").exists
    from netsonde.campaign._state import State

    assert State(Dataset(tmp_path / "other")).names() == {"host": "5.2.0.1"}


def test_stopped_before_it_begins_nothing_is_sent(tmp_path: Path) -> None:
    async def stopped() -> Campaign:
        campaign = Campaign(plan(tmp_path), tmp_path / "out")
        campaign.stop()
        assert [batch async for batch in campaign.batches()] == []
        return campaign

    campaign = asyncio.run(stopped())
    assert (campaign.is_complete, campaign.progress.sent) == (False, 0)


def test_a_malformed_target_refuses_the_whole(tmp_path: Path) -> None:
    file = plan(tmp_path)
    file.write_text(file.read_text().replace('"host"', '"? ?"'))
    with pytest.raises(UsageError, match=r"targets\.list, item .*expected one address"):
        run(tmp_path, file)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["multipath", "fingerprint"])
def test_kinds_without_tables_are_kept_as_records(tmp_path: Path, kind: str) -> None:
    run(tmp_path, plan(tmp_path, kind))
    again, _ = run(tmp_path, plan(tmp_path, kind), resume=True)
    assert (again.is_complete, again.progress.targets_done) == (True, 8)
    with Dataset(tmp_path / "out").query() as query:
        asked = query.ask("SELECT type, count(*), count(DISTINCT target) FROM records GROUP BY 1")
    assert asked == [(kind, 8, 8)]


def test_path_mtus_are_columns(tmp_path: Path) -> None:
    file = plan(tmp_path)
    file.write_text(file.read_text().replace("[limits]", "[options]\nmtu = true\n[limits]"))
    run(tmp_path, file)
    with Dataset(tmp_path / "out").query() as query:
        mtus = "SELECT mtu, path_mtu ->> '$.mtu' FROM traces WHERE stop = 'completed'"
        asked = query.ask(mtus)
    assert asked
    assert set(asked) == {(1_500, "1500")}


def test_kinds_that_look_at_all_targets_together(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no campaign"):
        Campaign(plan(tmp_path, "alias"))


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[Progress] = []
    campaign = Campaign(read_plan(plan(tmp_path)), tmp_path / "out")
    campaign.on_progress = told.append
    list(campaign.run())
    assert told[-1].targets_done == told[-1].targets == 8
    assert campaign.progress is told[-1]


def test_inside_of_an_event_loop_the_asynchronous_twin_is_named(tmp_path: Path) -> None:
    async def inside() -> None:
        Campaign(plan(tmp_path), tmp_path / "out").run()

    with pytest.raises(UsageError, match="running event loop") as caught:
        asyncio.run(inside())
    assert "campaign.batches()" in caught.value.hint


def test_a_consumer_that_leaves_ends_the_run(tmp_path: Path) -> None:
    campaign = Campaign(plan(tmp_path), tmp_path / "out")
    batches = campaign.run()
    table = next(batches).table
    batches.close()
    assert not campaign.is_complete
    # What was given is on the disk, and the directory is free for the next run.
    again, more = run(tmp_path, plan(tmp_path), resume=True)
    assert again.is_complete
    assert {table, *(batch.table for batch in more)} >= {"hops", "traces"}


def test_a_capture_goes_on_where_the_campaign_does(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    file = plan(tmp_path, limits="probes_total = 45")
    first, _ = run(tmp_path, file, pcap=path)
    once = path.read_bytes()
    # What a killed run left of a block goes.
    path.write_bytes(once + once[:11])
    second, _ = run(tmp_path, plan(tmp_path), resume=True, pcap=path)
    assert path.read_bytes().startswith(once)
    found = [one for one in formats.read(path) if isinstance(one, formats.Packet)]
    sent = [one for one in found if one.direction is formats.Direction.SENT]
    assert len(sent) == first.progress.sent + second.progress.sent
    with pytest.raises(UsageError, match="standard output"):
        run(tmp_path / "other", plan(tmp_path), pcap="-")


def test_a_capture_is_no_option_of_the_file(tmp_path: Path) -> None:
    file = plan(tmp_path)
    file.write_text(file.read_text() + '[options]\npcap = "a.pcapng"\n')
    with pytest.raises(UsageError, match="pcap"):
        read_plan(file)
