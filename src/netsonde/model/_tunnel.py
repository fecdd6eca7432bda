"""MPLS tunnels and the evidence for them. Mirrors `netsonde-probe/src/record.rs`."""

from enum import StrEnum
from typing import Annotated

import msgspec

from netsonde.model._base import Address, Record, UInt8, UInt16, UInt32, UInt64
from netsonde.model._job import TraceMethod
from netsonde.model._reply import Label

_Int16 = Annotated[int, msgspec.Meta(ge=-32_768, le=32_767)]


class TunnelClass(StrEnum):
    """How a tunnel treats the TTL, and so what a trace shows of it."""

    EXPLICIT = "explicit"
    IMPLICIT = "implicit"
    OPAQUE = "opaque"
    INVISIBLE_PHP = "invisible-php"
    INVISIBLE_UHP = "invisible-uhp"


class Trigger(StrEnum):
    """The evidence that a tunnel is there."""

    LABELS = "labels"
    QTTL = "qttl"
    UTURN = "uturn"
    LSE_TTL = "lse-ttl"
    RTLA = "rtla"
    FRPLA = "frpla"
    FRPLA_INCREASE = "frpla-increase"
    DUPLICATE_IP = "duplicate-ip"
    QTTL_ZERO = "qttl-zero"
    SIGNATURE_64_64 = "signature-64-64"
    BRUTE_FORCE = "brute-force"


class Method(StrEnum):
    """How a hidden router was revealed."""

    DPR = "dpr"
    BRPR = "brpr"
    BUDDY = "buddy"
    UNKNOWN = "unknown"
    MIXED = "mixed"


class AttemptOutcome(StrEnum):
    """What a revelation trace gave."""

    REVEALED = "revealed"
    NOTHING_REVEALED = "nothing-revealed"
    INGRESS_NOT_FOUND = "ingress-not-found"
    TARGET_NOT_REACHED = "target-not-reached"
    INCONSISTENT = "inconsistent"
    NOT_ATTEMPTED = "not-attempted"


class Completeness(StrEnum):
    """Whether all of a tunnel is known."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    VISIBLE = "visible"


class Attempt(Record, frozen=True, kw_only=True):
    """One revelation trace, for the record and the cost model.

    Attributes:
        target: Address traced.
        step: Number of the attempt within its tunnel, from 1.
        method: Probe used.
        flow: Paris flow identifier used.
        buddy: True if the target was the other address of a link.
        outcome: What it gave.
        sent: Probes sent; 0 when the answer came from the run's cache.
    """

    target: Address
    step: UInt8
    method: TraceMethod
    flow: UInt16
    buddy: bool
    outcome: AttemptOutcome
    sent: UInt32


class VendorCandidate(Record, frozen=True, kw_only=True):
    """One vendor that a signature may mean.

    Attributes:
        vendor: Name of the vendor.
        share_percent: Percent of that vendor's interfaces that show this signature (IMC 2025,
            doi 10.1145/3730567.3764457, table 6).
    """

    vendor: str
    share_percent: float


class HopFacts(Record, frozen=True, kw_only=True):
    """What is known and derived of one responding hop.

    Attributes:
        rtt_ns: Round-trip time, in nanoseconds.
        te_ttl: IP TTL of its time-exceeded (or final) reply.
        er_ttl: IP TTL of its echo reply; null if it sent none.
        signature: Inferred initial TTLs of both, the signature <TE, ER>; 0 for unknown.
        quoted_ttl: IP TTL of the probe as the router quoted it.
        frpla: Return path length minus forward path length, in hops.
        rtla: Return path length of time-exceeded minus that of echo, in hops, where the signature
            allows it.
        uturn: The same difference whatever the signature.
        reserved: True if the address is reserved, so that it was not probed.
    """

    rtt_ns: UInt64
    te_ttl: UInt8 | None = None
    er_ttl: UInt8 | None = None
    signature: tuple[UInt8, UInt8] = (0, 0)
    quoted_ttl: UInt8 | None = None
    frpla: _Int16 | None = None
    rtla: _Int16 | None = None
    uturn: _Int16 | None = None
    reserved: bool = False

    @property
    def rtt_ms(self) -> float:
        """Round-trip time, in milliseconds."""
        return self.rtt_ns / 1e6


class TunnelRouter(Record, frozen=True, kw_only=True):
    """A router of a tunnel, ingress and egress included.

    Attributes:
        address: Its address; null if it is there but silent.
        probe_ttl: TTL in the first trace; null if the first trace does not show it.
        step: Revelation step that found it, from 1; null if it was visible.
        method: How it was revealed.
        hop: Signature and the rest, gathered like those of any hop.
        vendors: Vendors that its signature may mean.
        labels: Label stack it quoted, top first.
    """

    address: Address | None = None
    probe_ttl: UInt8 | None = None
    step: UInt8 | None = None
    method: Method | None = None
    hop: HopFacts | None = None
    vendors: tuple[VendorCandidate, ...] = ()
    labels: tuple[Label, ...] = ()

    @property
    def hidden(self) -> bool:
        """True if the first trace does not show it."""
        return self.probe_ttl is None


class Tunnel(Record, frozen=True, kw_only=True):
    """One MPLS tunnel of a path.

    Attributes:
        class_: How it treats the TTL; `class` in JSON.
        triggers: The evidence.
        method: How its routers were revealed; null if none was.
        ingress_ttl: TTL of the last hop before it, silent or not.
        egress_ttl: TTL of the hop that closes it: the egress, or for UHP the hop after it.
        ingress: The label edge router where packets enter.
        egress: The label edge router where packets leave.
        lsrs: Routers between the two in path order, revealed or visible.
        inferred_length: Hidden LSRs inferred from RTLA, FRPLA or the LSE TTL.
        completeness: Whether all of it is known.
        stop: Why revelation stopped, if it is incomplete.
        attempts: The revelation traces.
    """

    class_: TunnelClass = msgspec.field(name="class")
    triggers: tuple[Trigger, ...] = ()
    method: Method | None = None
    ingress_ttl: UInt8 | None = None
    egress_ttl: UInt8 | None = None
    ingress: TunnelRouter | None = None
    egress: TunnelRouter | None = None
    lsrs: tuple[TunnelRouter, ...] = ()
    inferred_length: UInt8 | None = None
    completeness: Completeness
    stop: AttemptOutcome | None = None
    attempts: tuple[Attempt, ...] = ()

    @property
    def routers(self) -> tuple[TunnelRouter, ...]:
        """Every known router in path order: ingress, LSRs, egress."""
        ends = [] if self.ingress is None else [self.ingress]
        return (*ends, *self.lsrs, *([] if self.egress is None else [self.egress]))

    @property
    def hidden(self) -> tuple[TunnelRouter, ...]:
        """The routers that the first trace does not show, in path order."""
        return tuple(router for router in self.routers if router.hidden)


class FailedRevelation(Record, frozen=True, kw_only=True):
    """A revelation that found no tunnel.

    Attributes:
        entry: Hop before the suspected tunnel.
        exit: Hop after it.
        exit_ttl: TTL of the exit in the first trace.
        trigger: The evidence that proved wrong, or was not confirmed.
        attempts: The revelation traces.
    """

    entry: Address
    exit: Address
    exit_ttl: UInt8
    trigger: Trigger
    attempts: tuple[Attempt, ...] = ()
