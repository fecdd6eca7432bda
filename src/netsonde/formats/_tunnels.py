"""The revelation traces of a tnt result, as far as the result tells them.

A result keeps what each revelation trace found, not every one of its replies. What it found comes
right after the ingress, and its target follows: so much of the trace is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from netsonde.model import AttemptOutcome, Hop, Reply, ReplyKind, StopReason, Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.model import Attempt, TntResult, Tunnel, TunnelRouter

_TTL_MAX = 255


def revelations(result: TntResult) -> Iterator[Trace]:
    """Yield a trace for each attempt that revealed routers, in order."""
    for tunnel in result.tunnels:
        for attempt in tunnel.attempts:
            if attempt.outcome is AttemptOutcome.REVEALED:
                yield _trace(result, tunnel, attempt)


def _trace(result: TntResult, tunnel: Tunnel, attempt: Attempt) -> Trace:
    first = result.trace
    ingress_ttl = tunnel.ingress_ttl or first.first_ttl
    found = [router for router in tunnel.routers if router.step == attempt.step]
    hops = [hop for hop in first.hops if hop.probe_ttl <= ingress_ttl]
    # The hops before a tunnel are those of the first trace: only the last of them is told again.
    hops = [_bare(hop, first) for hop in hops[-1:]]
    for router in found:
        hops.append(_hop(len(hops), ingress_ttl, router, first))
    target = next((one for one in tunnel.routers if one.address == attempt.target), None)
    if target is not None and target not in found:
        hops.append(_hop(len(hops), ingress_ttl, target, first))
    first_ttl = hops[0].probe_ttl if hops else ingress_ttl
    return Trace(
        target=attempt.target,
        source=first.source,
        method=attempt.method,
        flow=attempt.flow,
        first_ttl=first_ttl,
        hops=tuple(hops),
        stop=StopReason.COMPLETED,
        sent=attempt.sent,
        started_ns=first.ended_ns,
        ended_ns=first.ended_ns,
    )


def _bare(hop: Hop, first: Trace) -> Hop:
    """Return a hop of the first trace as another trace sees it: without its times."""
    return Hop(
        probe_ttl=hop.probe_ttl,
        sent=hop.sent,
        replies=tuple(
            _reply(one.responder, one.rtt_ns, one.reply_ttl, first) for one in hop.replies[:1]
        ),
    )


def _hop(place: int, ingress_ttl: int, router: TunnelRouter, first: Trace) -> Hop:
    ttl = min(ingress_ttl + place, _TTL_MAX)
    if router.address is None:
        return Hop(probe_ttl=ttl, sent=1)
    facts = router.hop
    reply = _reply(
        router.address, facts.rtt_ns if facts else 0, facts.te_ttl if facts else None, first
    )
    quoted_ttl = facts.quoted_ttl if facts else None
    told = structs.replace(reply, labels=router.labels, quoted_ttl=quoted_ttl)
    return Hop(probe_ttl=ttl, sent=1, replies=(told,))


def _reply(responder: str, rtt_ns: int, reply_ttl: int | None, first: Trace) -> Reply:
    v6 = ":" in first.target
    return Reply(
        responder=responder,
        kind=ReplyKind.TIME_EXCEEDED,
        attempt=1,
        rtt_ns=rtt_ns,
        reply_ttl=reply_ttl,
        size=0,
        icmp_type=3 if v6 else 11,
        icmp_code=0,
    )
