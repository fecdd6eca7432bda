"""Results made by hand, as the reference path gives them."""

import msgspec

from netsonde.model import (
    AliasAddress,
    AliasConflict,
    AliasMethod,
    AliasPair,
    AliasProbe,
    AliasResult,
    AliasSet,
    AliasVerdict,
    Attempt,
    AttemptOutcome,
    Completeness,
    Hop,
    HopFacts,
    IpIdClass,
    Label,
    Method,
    Reply,
    ReplyKind,
    StopReason,
    TntHop,
    TntResult,
    TraceMethod,
    TraceResult,
    Trigger,
    Tunnel,
    TunnelClass,
    TunnelRouter,
    VendorCandidate,
)

SOURCE = "5.1.0.1"
TARGET = "5.2.0.1"
CISCO = (
    VendorCandidate(vendor="Huawei", share_percent=99.9),
    VendorCandidate(vendor="Cisco", share_percent=99.8),
    VendorCandidate(vendor="H3C", share_percent=99.8),
)


def reply(
    address: str, rtt_ms: float, *, attempt: int = 1, labels: tuple[Label, ...] = ()
) -> Reply:
    kind = ReplyKind.ECHO_REPLY if address == TARGET else ReplyKind.TIME_EXCEEDED
    return Reply(
        responder=address,
        kind=kind,
        attempt=attempt,
        rtt_ns=int(rtt_ms * 1e6),
        reply_ttl=250,
        size=56,
        icmp_type=0 if address == TARGET else 11,
        icmp_code=0,
        quoted_ttl=None if address == TARGET else 1,
        labels=labels,
    )


def hop(ttl: int, *replies: Reply, sent: int | None = None) -> Hop:
    return Hop(probe_ttl=ttl, sent=sent or max(1, len(replies)), replies=replies)


def trace(*hops: Hop, stop: StopReason = StopReason.COMPLETED, target: str = TARGET) -> TraceResult:
    return TraceResult(
        target=target,
        source=SOURCE,
        method=TraceMethod.ICMP_PARIS,
        flow=0,
        first_ttl=1,
        hops=hops,
        stop=stop,
        sent=sum(each.sent for each in hops),
        started_ns=0,
        ended_ns=24_000_000,
    )


def facts(
    rtt_ms: float, te_ttl: int, er_ttl: int | None = None, frpla: int | None = None
) -> HopFacts:
    return HopFacts(
        rtt_ns=int(rtt_ms * 1e6),
        te_ttl=te_ttl,
        er_ttl=er_ttl if er_ttl is not None else te_ttl,
        signature=(255, 255),
        quoted_ttl=1,
        frpla=frpla,
    )


def tnt_hop(each: Hop, frpla: int | None = None) -> TntHop:
    if each.reply is None:
        return TntHop(probe_ttl=each.probe_ttl)
    known = facts(each.reply.rtt_ms, 256 - each.probe_ttl, frpla=frpla)
    return TntHop(
        probe_ttl=each.probe_ttl,
        address=each.address,
        facts=known,
        vendors=CISCO,
        labels=each.labels,
    )


def visible(each: Hop, frpla: int | None = None) -> TunnelRouter:
    known = tnt_hop(each, frpla)
    return TunnelRouter(
        address=each.address, probe_ttl=each.probe_ttl, hop=known.facts, labels=each.labels
    )


def revealed(address: str | None, step: int, method: Method) -> TunnelRouter:
    known = facts(5.0 + step, 250) if address else None
    return TunnelRouter(address=address, step=step, method=method, hop=known)


def brpr_path() -> TntResult:
    """An invisible PHP tunnel, its three routers revealed one by one."""
    hops = (
        hop(1, reply("5.1.0.2", 0.21)),
        hop(2, reply("5.1.1.2", 4.04)),
        hop(3, reply("5.1.5.2", 20.07), sent=2),
        hop(4, reply("5.1.6.2", 24.11)),
        hop(5, reply(TARGET, 28.3)),
    )
    steps = [(3, "5.1.2.2"), (2, "5.1.3.2"), (1, "5.1.4.2")]
    tunnel = Tunnel(
        class_=TunnelClass.INVISIBLE_PHP,
        triggers=(Trigger.FRPLA,),
        method=Method.BRPR,
        ingress_ttl=2,
        egress_ttl=3,
        ingress=visible(hops[1]),
        egress=visible(hops[2], frpla=3),
        lsrs=tuple(revealed(address, step, Method.BRPR) for step, address in steps),
        inferred_length=3,
        completeness=Completeness.COMPLETE,
        attempts=tuple(_attempt(address, step) for step, address in enumerate(_TRACED, 1)),
    )
    frpla = {3: 3, 4: 2}
    return TntResult(
        trace=trace(*hops),
        hops=tuple(tnt_hop(each, frpla.get(each.probe_ttl)) for each in hops),
        tunnels=(tunnel,),
        sent_trace=6,
        sent_ping=8,
        sent_revelation=17,
    )


def explicit_path() -> TntResult:
    """An explicit tunnel, labels and all, with a silent router in it."""
    stack = [(Label(label=16_003 + n, tc=0, bottom=True, ttl=1),) for n in range(3)]
    hops = (
        hop(1, reply("5.1.0.2", 0.21)),
        hop(2, reply("5.1.1.2", 4.04)),
        hop(3, reply("5.1.2.2", 8.04, labels=stack[0])),
        hop(4, sent=3),
        hop(5, reply("5.1.4.2", 16.04, labels=stack[2])),
        hop(6, reply("5.1.5.2", 20.07)),
        hop(7, reply("5.1.6.2", 24.11)),
        hop(8, reply(TARGET, 28.3)),
    )
    tunnel = Tunnel(
        class_=TunnelClass.EXPLICIT,
        triggers=(Trigger.LABELS,),
        ingress_ttl=2,
        egress_ttl=6,
        ingress=visible(hops[1]),
        egress=visible(hops[5]),
        lsrs=(visible(hops[2]), TunnelRouter(probe_ttl=4), visible(hops[4])),
        completeness=Completeness.VISIBLE,
    )
    return TntResult(
        trace=trace(*hops),
        hops=tuple(map(tnt_hop, hops)),
        tunnels=(tunnel,),
        sent_trace=10,
        sent_ping=7,
    )


_TRACED = ("5.1.5.2", "5.1.4.2", "5.1.3.2", "5.1.2.2")


def _attempt(address: str, step: int) -> Attempt:
    outcome = AttemptOutcome.REVEALED if step < 4 else AttemptOutcome.NOTHING_REVEALED
    return Attempt(
        target=address,
        step=step,
        method=TraceMethod.ICMP_PARIS,
        flow=0,
        buddy=False,
        outcome=outcome,
        sent=6 - step,
    )


def aliases() -> AliasResult:
    """Return two aliases, an address that is silent, and evidence that contradicts itself."""
    a, b, c = "5.1.0.2", "5.1.1.1", "5.1.1.2"
    midar, mercator = AliasMethod.MIDAR, AliasMethod.MERCATOR
    silent = AliasAddress(address=c, is_target=True, class_=IpIdClass.SILENT, sent=10, received=0)
    found = AliasPair(
        a=a,
        b=b,
        method=midar,
        verdict=AliasVerdict.ALIAS,
        samples=30,
        rounds=3,
        bounds=24,
        false_positive=2e-5,
    )
    unknown = AliasPair(
        a=a,
        b=c,
        method=AliasMethod.ALLY,
        verdict=AliasVerdict.UNKNOWN,
        samples=1,
        rounds=0,
        bounds=0,
        distance=300,
    )
    return AliasResult(
        method=AliasMethod.AUTO,
        addresses=(
            _counter(a, AliasProbe.ICMP, 4.0),
            silent,
            msgspec.structs.replace(
                silent, address="5.1.2.2", class_=IpIdClass.UNFRAGMENTED, received=3
            ),
            msgspec.structs.replace(
                _counter(b, AliasProbe.TCP_ACK, 4.2), is_target=False, byte_swapped=True
            ),
        ),
        sets=(AliasSet(addresses=(a, b), methods=(mercator, midar), false_positive=2e-5),),
        pairs=(found, unknown),
        conflicts=(
            AliasConflict(
                alias=(a, b),
                alias_method=mercator,
                rejected=(b, c),
                rejected_method=midar,
                joined=True,
            ),
        ),
        eliminated=7,
        untested=2,
        stop=StopReason.BUDGET,
        sent=40,
        received=30,
        duplicates=0,
        late=0,
        started_ns=0,
        ended_ns=1_000_000_000,
    )


def _counter(address: str, probe: AliasProbe, velocity: float) -> AliasAddress:
    return AliasAddress(
        address=address,
        is_target=True,
        probe=probe,
        class_=IpIdClass.COUNTER,
        velocity=velocity,
        sent=10,
        received=10,
    )
