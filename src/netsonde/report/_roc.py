"""How good a trigger is: what each threshold would have found, and what it would have cost.

A run with brute force attempts a revelation between every pair of hops, whatever the evidence.
So it knows for each pair whether a tunnel hides there, and a threshold can be judged afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netsonde.model import AttemptOutcome, Record, TunnelClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netsonde.model import Address, FailedRevelation, HopFacts, TntResult, Tunnel

#: Thresholds judged, in hops.
THRESHOLDS = range(1, 11)

_HIDING = (TunnelClass.INVISIBLE_PHP, TunnelClass.INVISIBLE_UHP)


class RocPoint(Record, frozen=True, kw_only=True):
    """One trigger at one threshold.

    Attributes:
        trigger: rtla (of pairs whose exit shows it), frpla (of the others), or either.
        threshold: Smallest value that triggers, in hops; of `either`, of FRPLA, and RTLA from 1.
        true_positives: Pairs that trigger and hide a tunnel.
        false_negatives: Pairs that hide a tunnel and do not trigger.
        false_positives: Pairs that trigger and hide nothing.
        true_negatives: Pairs that hide nothing and do not trigger.
        inconclusive: Pairs whose revelation failed: nobody knows, and they are left out.
    """

    trigger: str
    threshold: int
    true_positives: int
    false_negatives: int
    false_positives: int
    true_negatives: int
    inconclusive: int

    @property
    def true_positive_rate(self) -> float | None:
        """Share of the tunnels that trigger, 0 to 1; None without a tunnel."""
        return _share(self.true_positives, self.false_negatives)

    @property
    def false_positive_rate(self) -> float | None:
        """Share of the pairs without a tunnel that trigger all the same; None without any."""
        return _share(self.false_positives, self.true_negatives)


class _Pair(NamedTuple):
    hides: bool | None
    """None: the revelation failed."""
    frpla: int | None
    rtla: int | None


def roc(results: Iterable[TntResult]) -> tuple[RocPoint, ...]:
    """Return what each trigger at each threshold would have found.

    A pair of entry and exit that several paths share counts once, with its first conclusive
    outcome. Tunnels that show themselves (explicit, implicit, opaque) are left out.

    Args:
        results: Of a run with `brute_force`: without it, pairs that do not trigger are missing.

    Source:
        Vanaubel et al., TMA 2019, section on the calibration of the thresholds: pairs of hops are
        the population, and those whose revelation failed are excluded.
    """
    pairs: dict[tuple[Address, Address], _Pair] = {}
    for result in results:
        for ends, pair in _pairs(result):
            known = pairs.get(ends)
            if known is None or (known.hides is None and pair.hides is not None):
                pairs[ends] = pair
    population = list(pairs.values())
    points = [_point("frpla", at, population) for at in THRESHOLDS]
    points += [_point("rtla", at, population) for at in THRESHOLDS]
    points += [_point("either", at, population) for at in THRESHOLDS]
    return tuple(points)


def _pairs(result: TntResult) -> Iterator[tuple[tuple[Address, Address], _Pair]]:
    facts = {hop.probe_ttl: hop.facts for hop in result.hops}
    for tunnel in result.tunnels:
        if tunnel.class_ in _HIDING and (ends := _ends(tunnel)) and tunnel.egress_ttl:
            yield ends, _pair(hides=bool(tunnel.lsrs), facts=facts.get(tunnel.egress_ttl))
    for failed in result.failed:
        found = _pair(hides=_outcome(failed), facts=facts.get(failed.exit_ttl))
        yield (failed.entry, failed.exit), found


def _ends(tunnel: Tunnel) -> tuple[Address, Address] | None:
    ends = (tunnel.ingress, tunnel.egress)
    addresses = [end.address for end in ends if end and end.address]
    return (addresses[0], addresses[1]) if len(addresses) == 2 else None


def _outcome(failed: FailedRevelation) -> bool | None:
    """Return False if nothing hides, None if nobody knows."""
    last = failed.attempts[-1].outcome if failed.attempts else AttemptOutcome.NOT_ATTEMPTED
    return False if last is AttemptOutcome.NOTHING_REVEALED else None


def _pair(*, hides: bool | None, facts: HopFacts | None) -> _Pair:
    return _Pair(hides, facts.frpla if facts else None, facts.rtla if facts else None)


def _point(trigger: str, threshold: int, population: list[_Pair]) -> RocPoint:
    counts = {(hides, fires): 0 for hides in (True, False) for fires in (True, False)}
    inconclusive = 0
    for pair in population:
        if trigger != "either" and (pair.rtla is not None) != (trigger == "rtla"):
            continue
        if pair.hides is None:
            inconclusive += 1
        else:
            counts[pair.hides, _fires(pair, trigger, threshold)] += 1
    return RocPoint(
        trigger=trigger,
        threshold=threshold,
        true_positives=counts[True, True],
        false_negatives=counts[True, False],
        false_positives=counts[False, True],
        true_negatives=counts[False, False],
        inconclusive=inconclusive,
    )


def _fires(pair: _Pair, trigger: str, threshold: int) -> bool:
    by_frpla = pair.frpla is not None and pair.frpla >= threshold
    if trigger == "frpla":
        return by_frpla
    if trigger == "rtla":
        return pair.rtla is not None and pair.rtla >= threshold
    return by_frpla or (pair.rtla is not None and pair.rtla >= 1)


def _share(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None
