"""A lab as vantage."""

import asyncio

import pytest

import netsonde
from netsonde.measure import request
from netsonde.measure._lab import LabVantage
from netsonde.measure._request import job
from netsonde.model import Kind, Privilege, Target, UsageError

VANTAGE = LabVantage(netsonde.lab.load("plain"))


def test_it_sees_everything_and_is_virtual() -> None:
    assert VANTAGE.is_virtual
    assert VANTAGE.privilege() is Privilege.RAW


def test_names_are_nodes_of_the_lab() -> None:
    assert VANTAGE.known_addresses("host") == ("5.2.0.1", "2a00:5:2::1")
    assert VANTAGE.known_addresses("nobody") == ()


def test_the_source_has_the_family_of_the_target() -> None:
    assert VANTAGE.source("5.2.0.1") == "5.1.0.1"
    assert ":" in VANTAGE.source("2a00:5:2::1")


def test_a_refused_job_raises() -> None:
    async def collect() -> list[bytes]:
        return [line async for line in VANTAGE.run(b"{}", asyncio.Event())]

    with pytest.raises((ValueError, UsageError)):
        asyncio.run(collect())


def test_a_stopped_run_gives_the_events_that_there_are() -> None:
    asked = request(Kind.TRACE, {})
    task = job(asked, VANTAGE, [Target(address="5.2.0.1", source="5.1.0.1")])

    async def collect() -> list[bytes]:
        stop = asyncio.Event()
        stop.set()
        return [line async for line in VANTAGE.run(task, stop)]

    assert asyncio.run(collect()) == []
