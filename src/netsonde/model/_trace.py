"""Results of ping and trace. Mirrors `netsonde-probe/src/record.rs`."""

from enum import StrEnum

from netsonde.model import _view
from netsonde.model._base import Address, Record, UInt8, UInt16, UInt32, UInt64
from netsonde.model._job import PingMethod, TraceMethod
from netsonde.model._path_mtu import PathMtu
from netsonde.model._reply import Label, Reply
from netsonde.model._runtime import RuntimeRecord


class PingResult(Record, frozen=True, kw_only=True, tag_field="type", tag="ping"):
    """A finished ping.

    Attributes:
        target: Address measured.
        source: Address measured from.
        method: Probe used.
        sent: Probes sent.
        replies: Replies in order of arrival.
        duplicates: Further replies to probes already answered.
        late: Replies after their timeout.
        incomplete: True when a budget or the deadline cut it short.
        started_ns: Start on the vantage's monotonic clock, in nanoseconds.
        ended_ns: End on the same clock, in nanoseconds.
        runtime: What ran the engine, where it was an image; null elsewhere.
    """

    target: Address
    source: Address
    method: PingMethod
    sent: UInt32
    replies: tuple[Reply, ...] = ()
    duplicates: UInt32 = 0
    late: UInt32 = 0
    incomplete: bool = False
    started_ns: UInt64 = 0
    ended_ns: UInt64 = 0
    runtime: RuntimeRecord | None = None

    @property
    def reached(self) -> bool:
        """True if the target itself replied."""
        return any(reply.responder == self.target for reply in self.replies)

    @property
    def loss(self) -> float:
        """Share of probes without a reply from the target, 0 to 1; 0 if none was sent."""
        answered = sum(reply.responder == self.target for reply in self.replies)
        return 1 - answered / self.sent if self.sent else 0.0

    @property
    def rtts_ms(self) -> tuple[float, ...]:
        """Round-trip times of the target's replies, in milliseconds, in order of arrival."""
        return tuple(reply.rtt_ms for reply in self.replies if reply.responder == self.target)

    def __str__(self) -> str:
        return _view.text(self._table())

    def _repr_html_(self) -> str:
        return _view.html(self._table())

    def _table(self) -> _view.Table:
        rows = tuple(
            (str(reply.attempt), reply.responder, _view.ms(reply.rtt_ms), reply.kind.value)
            for reply in self.replies
        )
        return _view.Table(
            title=f"ping {self.target} from {self.source}, {self.method}",
            columns=("probe", "address", "rtt/ms", "reply"),
            rows=rows,
            footer=f"{_view.count(self.sent, 'probe')} sent, {self.loss:.0%} lost",
        )


class Hop(Record, frozen=True, kw_only=True):
    """One TTL of a trace.

    Attributes:
        probe_ttl: TTL of the probes.
        sent: Probes sent with this TTL.
        replies: In order of arrival; the first decides. Empty: silent.
    """

    probe_ttl: UInt8
    sent: UInt8
    replies: tuple[Reply, ...] = ()

    @property
    def reply(self) -> Reply | None:
        """The reply that decides; None if the hop is silent."""
        return self.replies[0] if self.replies else None

    @property
    def address(self) -> Address | None:
        """The router's address; None if the hop is silent."""
        return self.replies[0].responder if self.replies else None

    @property
    def rtt_ms(self) -> float | None:
        """Round-trip time of the deciding reply, in milliseconds; None if the hop is silent."""
        return self.replies[0].rtt_ms if self.replies else None

    @property
    def loss(self) -> float:
        """Share of probes without a reply, 0 to 1; 0 if none was sent."""
        answered = len({reply.attempt for reply in self.replies})
        return max(0.0, 1 - answered / self.sent) if self.sent else 0.0

    @property
    def labels(self) -> tuple[Label, ...]:
        """The label stack of the deciding reply, top first."""
        return self.replies[0].labels if self.replies else ()


class StopReason(StrEnum):
    """Why a trace ended."""

    COMPLETED = "completed"
    UNREACHABLE = "unreachable"
    GAP_LIMIT = "gap-limit"
    LOOP_LIMIT = "loop-limit"
    LAST_TTL = "last-ttl"
    BUDGET = "budget"
    DEADLINE = "deadline"
    INTERRUPTED = "interrupted"


class Trace(Record, frozen=True, kw_only=True):
    """A finished trace.

    Attributes:
        target: Address measured.
        source: Address measured from.
        method: Probe used.
        flow: Paris flow identifier.
        first_ttl: TTL of the first hop.
        hops: From `first_ttl`, one per TTL up to the last that matters.
        stop: Why the trace ended.
        sent: Probes sent.
        duplicates: Further replies to probes already answered.
        late: Replies after their wait.
        started_ns: Start on the vantage's monotonic clock, in nanoseconds.
        ended_ns: End on the same clock, in nanoseconds.
        path_mtu: How large packets may be on it, if that was asked for.
    """

    target: Address
    source: Address
    method: TraceMethod
    flow: UInt16
    first_ttl: UInt8
    hops: tuple[Hop, ...]
    stop: StopReason
    sent: UInt32
    duplicates: UInt32 = 0
    late: UInt32 = 0
    started_ns: UInt64
    ended_ns: UInt64
    path_mtu: PathMtu | None = None

    @property
    def reached(self) -> bool:
        """True if the target replied."""
        return self.stop is StopReason.COMPLETED

    @property
    def path(self) -> tuple[Address | None, ...]:
        """Address of each hop, None where silent."""
        return tuple(hop.address for hop in self.hops)

    @property
    def duration_ms(self) -> float:
        """How long it took, in milliseconds."""
        return (self.ended_ns - self.started_ns) / 1e6

    def __str__(self) -> str:
        return _view.text(self._table())

    def _repr_html_(self) -> str:
        return _view.html(self._table())

    def _table(self) -> _view.Table:
        rows = tuple(
            (str(hop.probe_ttl), hop.address or "*", _view.ms(hop.rtt_ms), _view.stack(hop.labels))
            for hop in self.hops
        )
        return _view.Table(
            title=f"trace to {self.target} from {self.source}, {self.method}",
            columns=("hop", "address", "rtt/ms", "labels"),
            rows=rows,
            footer=f"{self.stop}, {_view.count(self.sent, 'probe')} sent",
        )


class TraceResult(Trace, frozen=True, kw_only=True, tag_field="type", tag="trace"):
    """A finished trace as an event of its own.

    Attributes:
        runtime: What ran the engine, where it was an image; null elsewhere.
    """

    runtime: RuntimeRecord | None = None
