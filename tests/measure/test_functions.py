"""The measuring functions, on the lab."""

import asyncio

import pytest

import netsonde
from netsonde import aio
from netsonde.model import HostError, NetsondeError, UsageError

LAB = netsonde.lab.load("invisible-php-brpr")


def test_ping() -> None:
    result = netsonde.ping("5.2.0.1", count=3, interval_ms=10, vantage=LAB)
    assert (result.sent, result.loss, len(result.rtts_ms)) == (3, 0.0, 3)


def test_trace_sees_what_plain_traceroute_sees() -> None:
    result = netsonde.trace("5.2.0.1", vantage=LAB)
    assert result.path == ("5.1.0.2", "5.1.1.2", "5.1.5.2", "5.1.6.2", "5.2.0.1")
    assert result.reached


def test_tnt_reveals_what_is_hidden() -> None:
    result = netsonde.tnt("5.2.0.1", vantage=LAB)
    assert [router.address for router in result.hidden] == ["5.1.2.2", "5.1.3.2", "5.1.4.2"]
    assert [hop.name for hop in result.path] == ["1", "2", "H1", "H2", "H3", "3", "4", "5"]


def test_every_hop_has_its_rtt_and_path_both_ways_is_counted() -> None:
    result = netsonde.tnt("host", family=6, vantage=LAB)
    assert ":" in result.target
    assert all(hop.rtt_ms is not None for hop in result.path)


def test_async_and_sync_agree() -> None:
    assert asyncio.run(aio.tnt("5.2.0.1", vantage=LAB)) == netsonde.tnt("5.2.0.1", vantage=LAB)


@pytest.mark.parametrize("kind", ["ping", "trace", "tnt"])
def test_many_targets_give_one_result_each(kind: str) -> None:
    targets = ["5.2.0.1", "5.1.6.2", "host"]

    async def collect() -> list[str]:
        many = getattr(aio, f"{kind}_many")
        return [result.target async for result in many(targets, vantage=LAB)]

    wanted = ["5.1.6.2", "5.2.0.1"]
    assert sorted(asyncio.run(collect())) == wanted
    twin = getattr(netsonde, f"{kind}_many")
    assert sorted(result.target for result in twin(targets, vantage=LAB)) == wanted


def test_no_target_gives_no_result() -> None:
    assert list(netsonde.trace_many([], vantage=LAB)) == []


def test_a_name_the_lab_does_not_know() -> None:
    with pytest.raises(UsageError, match="no host or router named nobody"):
        netsonde.trace("nobody", vantage=LAB)


def test_one_bad_target_of_many_raises_before_anything_is_sent() -> None:
    with pytest.raises(UsageError):
        list(netsonde.trace_many(["5.2.0.1", "nobody"], vantage=LAB))


def test_special_purpose_targets_are_refused_on_a_host() -> None:
    with pytest.raises(UsageError, match="special-purpose"):
        netsonde.trace("198.51.100.1")


def test_errors_are_all_of_one_tree() -> None:
    assert issubclass(HostError, NetsondeError)
    assert issubclass(UsageError, NetsondeError)
