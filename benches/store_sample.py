"""Traces like those of the Internet, for benches: seeded, without a network."""

import json
import random
from collections.abc import Iterator
from ipaddress import ip_address

#: Routers of the sample, per level of distance from the vantage; far ones are many.
_ROUTERS = (1, 1, 2, 4, 12, 40, 150, 600, 2_000, 6_000, 12_000, 20_000, 25_000, 20_000, 10_000)


def traces(count: int, seed: int = 1) -> Iterator[bytes]:
    """Yield events of finished traces, 14 hops each on average, as JSON."""
    chance = random.Random(seed)
    routers = [[_router(chance) for _ in range(number)] for number in _ROUTERS]
    for index in range(count):
        yield json.dumps(_trace(chance, routers, index)).encode()


def _router(chance: random.Random) -> dict[str, int | str]:
    return {
        "address": str(ip_address(chance.randrange(0x05000000, 0xDF000000))),
        "initial": chance.choice((255, 255, 255, 64)),
        "ids": chance.choice((0, 1, 1, 2)),
        "size": chance.choice((56, 56, 56, 68, 96)),
        "delay_ns": chance.randrange(100_000, 9_000_000),
        "label": chance.randrange(16, 1 << 20) if chance.random() < 0.15 else 0,
        "silent": int(chance.random() < 0.1),
    }


def _trace(
    chance: random.Random, routers: list[list[dict[str, int | str]]], index: int
) -> dict[str, object]:
    target = str(ip_address(chance.randrange(0x05000000, 0xDF000000)))
    length = chance.choice((12, 13, 14, 14, 15))
    # Targets near each other share most of the path: one number picks a router of each level.
    place = chance.random()
    hops: list[dict[str, object]] = []
    elapsed, started_ns = 0, index * 100_000 + chance.randrange(100_000)
    sent_ns = started_ns
    for ttl in range(1, length + 1):
        level = routers[ttl - 1]
        router = level[int(place * len(level))]
        elapsed += int(router["delay_ns"]) // 4
        # Eight TTLs leave at once, as fast as the rate allows; then one when another is answered.
        sent_ns += 10_000 + chance.randrange(3_000) if ttl <= 8 else chance.randrange(4_000_000)
        hops.append(_hop(chance, router, ttl, elapsed, sent_ns))
    reached = chance.random() < 0.6
    if reached:
        last = _reply(
            chance, target, ttl=64 - length, rtt_ns=elapsed + 900_000, size=60, sent_ns=sent_ns
        )
        last |= {"kind": "echo-reply", "icmp_type": 0, "quoted_ttl": None, "quoted_tos": None}
        hops.append({"probe_ttl": length + 1, "sent": 1, "replies": [last]})
    return {
        "type": "trace",
        "target": target,
        "source": "192.0.2.7",
        "method": "icmp-paris",
        "flow": 0,
        "first_ttl": 1,
        "hops": hops,
        "stop": "completed" if reached else "gap-limit",
        "sent": len(hops) + 3,
        "duplicates": 0,
        "late": 0,
        "started_ns": started_ns,
        "ended_ns": started_ns + elapsed + chance.randrange(1_000_000),
    }


def _hop(
    chance: random.Random, router: dict[str, int | str], ttl: int, elapsed_ns: int, sent_ns: int
) -> dict[str, object]:
    if router["silent"] or chance.random() < 0.02:
        return {"probe_ttl": ttl, "sent": 3, "replies": []}
    address, size = str(router["address"]), int(router["size"])
    reply = _reply(
        chance,
        address,
        ttl=int(router["initial"]) - ttl,
        rtt_ns=elapsed_ns,
        size=size,
        sent_ns=sent_ns,
    )
    if router["ids"] == 0:
        reply["ip_id"] = 0
    if router["label"]:
        label = {"label": router["label"], "tc": 0, "bottom": True, "ttl": 1}
        reply["labels"] = [label]
    return {"probe_ttl": ttl, "sent": 1, "replies": [reply]}


def _reply(
    chance: random.Random, address: str, *, ttl: int, rtt_ns: int, size: int, sent_ns: int
) -> dict[str, object]:
    return {
        "responder": address,
        "kind": "time-exceeded",
        "attempt": 1,
        "sent_ns": sent_ns,
        "rtt_ns": rtt_ns + int(chance.expovariate(1 / 300_000)),
        "reply_ttl": ttl,
        "reply_tos": chance.choice((0, 0, 0, 192)),
        "ip_id": chance.randrange(65_536),
        "size": size,
        "icmp_type": 11,
        "icmp_code": 0,
        "quoted_ttl": 1,
        "quoted_tos": 0,
        "mtu": None,
        "labels": [],
        "extensions": [],
    }
