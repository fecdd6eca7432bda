"""The result of alias resolution. Mirrors `netsonde-probe/src/record/alias.rs`."""

from enum import StrEnum

import msgspec

from netsonde.model import _view
from netsonde.model._alias_options import AliasMethod, AliasProbe
from netsonde.model._base import Address, Record, UInt32, UInt64
from netsonde.model._trace import StopReason


class IpIdClass(StrEnum):
    """What the IP identifications of an address's replies are like."""

    COUNTER = "counter"
    RANDOM = "random"
    ZERO = "zero"
    CONSTANT = "constant"
    REFLECTED = "reflected"
    UNFRAGMENTED = "unfragmented"
    FEW = "few"
    SILENT = "silent"
    UNPROBED = "unprobed"


class AliasVerdict(StrEnum):
    """What is said of a pair."""

    ALIAS = "alias"
    NOT = "not"
    UNKNOWN = "unknown"


class AliasAddress(Record, frozen=True, kw_only=True):
    """One address.

    Attributes:
        address: Which.
        is_target: Whether it is a target; the others answered for one, or lie in its subnet.
        probe: Probe whose replies are classified; null if there was none.
        class_: What its identifications are like; `class` in JSON. Only of a counter can aliases
            be told.
        byte_swapped: Whether its counter is written in the wrong byte order.
        velocity: Counts per second while it was classified, those for our own probes included;
            null if it is no counter.
        sent: Probes to it.
        received: Replies.
    """

    address: Address
    is_target: bool
    probe: AliasProbe | None = None
    class_: IpIdClass = msgspec.field(name="class")
    byte_swapped: bool = False
    velocity: float | None = None
    sent: UInt32
    received: UInt32


class AliasPair(Record, frozen=True, kw_only=True):
    """The evidence for or against one pair.

    Attributes:
        a: The lower address.
        b: The higher one.
        method: Method that found it; never auto.
        verdict: alias, not (different counters), or unknown.
        samples: Replies that it rests on.
        rounds: Repeats of the test that were passed.
        bounds: Bounds of the monotonic bounds test that were looked at.
        distance: Ally: largest step in sequence. Radargun: mean distance.
        false_positive: How likely two unrelated counters of this velocity would have passed,
            0 to 1; null where none is estimated.
    """

    a: Address
    b: Address
    method: AliasMethod
    verdict: AliasVerdict
    samples: UInt32
    rounds: UInt32
    bounds: UInt32
    distance: UInt32 | None = None
    false_positive: float | None = None


class AliasSet(Record, frozen=True, kw_only=True):
    """Addresses of one router.

    Attributes:
        addresses: Two or more, in order.
        methods: Methods whose pairs made it.
        false_positive: That of the weakest pair without which it would fall apart, 0 to 1.
    """

    addresses: tuple[Address, ...]
    methods: tuple[AliasMethod, ...]
    false_positive: float


class AliasConflict(Record, frozen=True, kw_only=True):
    """Two sets that an alias pair joins and a rejected pair keeps apart.

    Attributes:
        alias: The alias pair.
        alias_method: Who found it.
        rejected: The rejected pair.
        rejected_method: Who rejected it.
        joined: Whether the sets were joined all the same: a common source address is proof,
            differing counters are not.
    """

    alias: tuple[Address, Address]
    alias_method: AliasMethod
    rejected: tuple[Address, Address]
    rejected_method: AliasMethod
    joined: bool


class AliasResult(Record, frozen=True, kw_only=True, tag_field="type", tag="alias"):
    """Which addresses belong to one router.

    Attributes:
        method: As asked.
        addresses: Targets in the order given, then the others.
        sets: Aliases, by their first address.
        pairs: Evidence for each pair that was tested, by addresses; without those that are counted
            in `eliminated`.
        conflicts: Evidence that contradicts itself.
        eliminated: Pairs told apart in passing.
        untested: Pairs of usable addresses that were never compared, for lack of probes or time.
        stop: Why it ended.
        sent: Probes and messages, the cost of it all.
        received: Replies in time.
        duplicates: Further replies to one probe.
        late: Replies after their wait.
        started_ns: When it began, in nanoseconds of a monotonic clock.
        ended_ns: When it ended, on the same clock.
    """

    method: AliasMethod
    addresses: tuple[AliasAddress, ...]
    sets: tuple[AliasSet, ...]
    pairs: tuple[AliasPair, ...]
    conflicts: tuple[AliasConflict, ...]
    eliminated: UInt64
    untested: UInt64
    stop: StopReason
    sent: UInt32
    received: UInt32
    duplicates: UInt32
    late: UInt32
    started_ns: UInt64
    ended_ns: UInt64

    @property
    def reached(self) -> int:
        """How many targets replied."""
        return sum(one.is_target and one.received > 0 for one in self.addresses)

    @property
    def routers(self) -> tuple[tuple[Address, ...], ...]:
        """The addresses of each router: the sets, then each other target alone."""
        together = {address for found in self.sets for address in found.addresses}
        alone = [(one.address,) for one in self.addresses if one.is_target]
        return (
            *(found.addresses for found in self.sets),
            *(one for one in alone if one[0] not in together),
        )

    def __str__(self) -> str:
        return _view.text(self._table())

    def _repr_html_(self) -> str:
        return _view.html(self._table())

    def _table(self) -> _view.Table:
        rows = tuple(
            (
                str(number),
                address,
                ", ".join(found.methods),
                f"{found.false_positive:.1g}",
            )
            for number, found in enumerate(self.sets, 1)
            for address in found.addresses
        )
        return _view.Table(
            f"aliases among {len(self.addresses)} addresses",
            ("set", "address", "methods", "false positive"),
            rows,
            f"{_view.count(len(self.sets), 'set')}, {_view.count(self.sent, 'probe')}",
        )
