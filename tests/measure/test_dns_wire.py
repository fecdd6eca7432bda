"""One exchange with a server: times."""

import asyncio
import time

import dns.message
from hypothesis import given, settings
from hypothesis import strategies as st

from netsonde.measure import _dns_wire
from netsonde.model import DnsOutcome, DnsTransport
from tests.measure.dns_server import answer, serving


def test_the_time_is_the_kernels_and_not_the_readers() -> None:
    """A reader that is kept busy must not make the round trip longer."""

    async def ask_and_dawdle(port: int) -> _dns_wire.Outcome:
        query = dns.message.make_query("example.net", "A")
        asking = asyncio.ensure_future(
            _dns_wire.ask(query, "127.0.0.1", port, DnsTransport.UDP, 5_000)
        )
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            pass
        return await asking

    with serving(lambda query, _: [answer(query)]) as port:
        outcome = asyncio.run(ask_and_dawdle(port))
    assert outcome.attempt.rtt_ns is not None
    assert outcome.attempt.rtt_ns < 400_000_000


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.sampled_from(["udp", "tcp"]))
def test_no_bytes_of_a_server_raise(packets: list[bytes], transport: str) -> None:
    def behaviour(query: bytes, _: str) -> list[bytes]:
        return [query[:2] + packet for packet in packets]

    query = dns.message.make_query("example.net", "A")
    with serving(behaviour) as port:
        asked = _dns_wire.ask(query, "127.0.0.1", port, DnsTransport(transport), 30)
        outcome = asyncio.run(asked)
    assert outcome.attempt.outcome in DnsOutcome


def test_a_server_that_no_packet_can_reach_is_an_outcome() -> None:
    """The kernel itself refuses broadcasts: nothing leaves."""
    query = dns.message.make_query("example.net", "A")
    outcome = asyncio.run(_dns_wire.ask(query, "255.255.255.255", 1, DnsTransport.UDP, 30))
    assert outcome.attempt.outcome is DnsOutcome.UNREACHABLE
