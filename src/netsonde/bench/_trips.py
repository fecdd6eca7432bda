"""What a runtime adds to round-trip times, told by stamps on the other end of its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsonde.bench._instances import echoes, instance
from netsonde.bench._statistics import quantile
from netsonde.bench._values import Value
from netsonde.model import HostError, PingResult, decode_event

if TYPE_CHECKING:
    from netsonde.bench._values import Place

#: Echo requests of one repetition, and milliseconds between two.
COUNT, INTERVAL_MS = 100, 10


async def rtt(place: Place, runtime: str) -> list[Value]:
    """Compare the round-trip times that the image tells with those on its card.

    The other end of the card notes when a request came (the kernel's stamp) and when it sends the
    answer. What the image tells beyond that is the runtime's.
    """
    network = place.mirror.network()
    make = echoes(count=COUNT, interval_ms=INTERVAL_MS)
    told: dict[int, int] = {}
    async with instance(runtime, network, make) as one:
        async for line in one.run.lines():
            event = decode_event(line)
            if isinstance(event, PingResult):
                told = {reply.attempt: reply.rtt_ns for reply in event.replies}
    at_card = [echo.left_ns - echo.arrived_ns for echo in network.seen.echoes]
    # Attempts count from one; the mirror saw them in their order.
    errors_us = [
        (told[attempt] - at_card[attempt - 1]) / 1_000
        for attempt in told
        if attempt <= len(at_card)
    ]
    if not errors_us or len(at_card) != COUNT:
        raise HostError(f"{len(at_card)} requests of {COUNT} came, {len(told)} were answered")
    floor_us = quantile(errors_us, 0.05)
    return [
        Value("floor (5th percentile)", floor_us, "us"),
        Value("median", quantile(errors_us, 0.5), "us"),
        Value("99th percentile", quantile(errors_us, 0.99), "us"),
        # What is left once the runtime's published share is taken away.
        Value("beyond floor, 99th percentile", quantile(errors_us, 0.99) - floor_us, "us"),
        Value("replies", len(told), "1"),
    ]
