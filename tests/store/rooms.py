"""What the tests of the store share: events, chunks, and datasets of them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from netsonde import _core
from netsonde.model import (
    AliasAddress,
    AliasMethod,
    AliasPair,
    AliasProbe,
    AliasResult,
    AliasSet,
    AliasVerdict,
    Attempt,
    AttemptOutcome,
    Completeness,
    FailedRevelation,
    Hop,
    HopFacts,
    IpIdClass,
    Label,
    Method,
    PingMethod,
    PingResult,
    Reply,
    ReplyKind,
    StopReason,
    TntHop,
    TntResult,
    Trace,
    TraceMethod,
    TraceResult,
    Trigger,
    Tunnel,
    TunnelClass,
    TunnelRouter,
    VendorCandidate,
)
from netsonde.store import Dataset, Run

SOURCE = "192.0.2.7"
#: When the vantage's clock began.
EPOCH_NS = 1_700_000_000_123_456_000


class Stream:
    """The chunks of one engine, in which numbers go on."""

    def __init__(self) -> None:
        self._columns = _core.Columns()

    def chunks(self, events: Iterable[msgspec.Struct]) -> Iterator[tuple[str, bytes]]:
        """Yield the chunks that a run writes for these events."""
        for event in events:
            assert self._columns.push(msgspec.json.encode(event))
            yield from self._ready()
        self._columns.flush()
        yield from self._ready()

    def _ready(self) -> Iterator[tuple[str, bytes]]:
        while (chunk := self._columns.poll_chunk(0)) is not None:
            yield chunk


def chunks(events: Iterable[msgspec.Struct]) -> Iterator[tuple[str, bytes]]:
    """Yield the chunks that a new engine writes for these events."""
    return Stream().chunks(events)


def dataset(path: Path, *runs: Iterable[msgspec.Struct], epoch_ns: int = EPOCH_NS) -> Dataset:
    """Return a dataset with one run for each list of events."""
    made = Dataset(path)
    for events in runs:
        with made.writer(Run(epoch_ns=epoch_ns)) as writer:
            for table, chunk in chunks(events):
                writer.append(table, chunk)
    return made


def reply(responder: str, **fields: object) -> Reply:
    """Return a reply in which what does not matter is left out."""
    plain = {"kind": ReplyKind.TIME_EXCEEDED, "attempt": 1, "rtt_ns": 5_000_000, "size": 56}
    return Reply(responder=responder, **{**plain, **fields})  # type: ignore[arg-type]


def ping(target: str, *replies: Reply, incomplete: bool = False) -> PingResult:
    """Return a ping of two probes."""
    return PingResult(
        target=target,
        source=SOURCE,
        method=PingMethod.ICMP,
        sent=2,
        replies=replies,
        started_ns=1_000,
        ended_ns=9_000_000,
        incomplete=incomplete,
    )


def trace(target: str, *path: str | None, stop: StopReason = StopReason.COMPLETED) -> TraceResult:
    """Return a trace over these addresses; None is a silent hop."""
    return msgspec.convert(msgspec.to_builtins(_trace(target, path, stop)), TraceResult)


def tnt(target: str) -> TntResult:
    """Return a trace with a tunnel, and with a revelation that found none."""
    plain = _trace(target, ("5.0.0.1", None, "5.0.0.3"), StopReason.COMPLETED)
    facts = HopFacts(rtt_ns=5_000_000, er_ttl=60, signature=(255, 64), frpla=3, rtla=2, uturn=-1)
    vendors = (VendorCandidate(vendor="Juniper", share_percent=99.6),)
    hops = tuple(
        TntHop(
            probe_ttl=hop.probe_ttl,
            address=hop.address,
            facts=facts if hop.replies else None,
            vendors=vendors if hop.replies else (),
            labels=hop.labels,
        )
        for hop in plain.hops
    )
    failed = FailedRevelation(
        entry="5.0.0.1", exit="5.0.0.3", exit_ttl=3, trigger=Trigger.FRPLA, attempts=(_ATTEMPT,)
    )
    hidden = TunnelRouter(address="5.9.0.2", step=1, method=Method.DPR, hop=facts, vendors=vendors)
    return TntResult(
        trace=plain,
        hops=hops,
        tunnels=(_tunnel(hidden),),
        failed=(failed,),
        sent_trace=5,
        sent_ping=2,
    )


def alias() -> AliasResult:
    """Return what is said of three addresses, two of them of one router."""
    counter = {"is_target": True, "class_": IpIdClass.COUNTER, "probe": AliasProbe.ICMP}
    pair = AliasPair(
        a="5.0.0.1",
        b="5.0.0.9",
        method=AliasMethod.ALLY,
        verdict=AliasVerdict.ALIAS,
        samples=6,
        rounds=3,
        bounds=0,
        distance=7,
        false_positive=0.25,
    )
    addresses = (pair.a, pair.b)
    found = AliasSet(addresses=addresses, methods=(AliasMethod.ALLY,), false_positive=0.25)
    silent = AliasAddress(
        address="5.0.1.1", is_target=True, class_=IpIdClass.SILENT, sent=3, received=0
    )
    return AliasResult(
        method=AliasMethod.ALLY,
        addresses=(
            *(AliasAddress(address=one, sent=9, received=9, **counter) for one in addresses),  # type: ignore[arg-type]
            silent,
        ),
        sets=(found,),
        pairs=(pair,),
        conflicts=(),
        eliminated=0,
        untested=1,
        stop=StopReason.COMPLETED,
        sent=21,
        received=18,
        duplicates=0,
        late=0,
        started_ns=0,
        ended_ns=5_000,
    )


def _tunnel(hidden: TunnelRouter) -> Tunnel:
    ingress, egress = (TunnelRouter(address=f"5.0.0.{n}", probe_ttl=n) for n in (1, 3))
    return Tunnel(
        class_=TunnelClass.INVISIBLE_PHP,
        triggers=(Trigger.RTLA, Trigger.FRPLA),
        method=Method.DPR,
        ingress_ttl=1,
        egress_ttl=3,
        ingress=ingress,
        egress=egress,
        lsrs=(hidden,),
        inferred_length=1,
        completeness=Completeness.COMPLETE,
        attempts=(_ATTEMPT,),
    )


def _trace(target: str, path: tuple[str | None, ...], stop: StopReason) -> Trace:
    label = Label(label=16, tc=1, bottom=True, ttl=1)
    hops = tuple(
        Hop(probe_ttl=ttl, sent=1, replies=(reply(address, labels=(label,)),) if address else ())
        for ttl, address in enumerate(path, 1)
    )
    return Trace(
        target=target,
        source=SOURCE,
        method=TraceMethod.ICMP_PARIS,
        flow=0,
        first_ttl=1,
        hops=hops,
        stop=stop,
        sent=len(path),
        started_ns=77_000,
        ended_ns=90_000_000,
    )


_ATTEMPT = Attempt(
    target="5.0.0.3",
    step=1,
    method=TraceMethod.ICMP_PARIS,
    flow=7,
    buddy=False,
    outcome=AttemptOutcome.REVEALED,
    sent=6,
)
