"""Results of one kind, whatever the kind is."""

import asyncio

import pytest

import netsonde
from netsonde.measure._results import many, one
from netsonde.model import Kind, TcpResult, TraceResult, UsageError

LAB = netsonde.lab.load("middleboxes")


def test_a_result_is_of_its_kind() -> None:
    options = {"vantage": LAB, "family": 4}
    assert isinstance(asyncio.run(one(TraceResult, Kind.TRACE, "host", options)), TraceResult)
    assert isinstance(asyncio.run(one(TcpResult, Kind.TCP, "host", options)), TcpResult)


def test_no_target_is_no_result() -> None:
    async def collect() -> list[TcpResult]:
        return [one async for one in many(TcpResult, Kind.TCP, [], {"vantage": LAB})]

    assert asyncio.run(collect()) == []


def test_a_target_that_cannot_be_is_told() -> None:
    with pytest.raises(UsageError):
        asyncio.run(one(TcpResult, Kind.TCP, "no host", {"vantage": LAB}))
