"""What a campaign would cost, without sending anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from netsonde.campaign._campaign import Campaign
from netsonde.measure import Walk, excluded
from netsonde.model import Kind

if TYPE_CHECKING:
    from netsonde.campaign._plan import Plan
    from netsonde.measure import Request, VantageLike

#: Numbers of a space that are looked at one by one; the rest is taken to be alike, as the walk
#: draws them at random.
LOOKED_AT_MAX = 1 << 24


class Estimate(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="estimate"):
    """What a campaign would cost.

    Attributes:
        targets: Targets, host names not yet resolved included.
        is_exact: Whether every target was looked at; else the numbers are those of a large sample.
        names: Host names among them.
        refused: Targets that would be left out, by reason.
        probes_max: Probes at most.
        duration_min_s: Seconds at the given rate if every target takes one probe.
        duration_max_s: Seconds at the given rate if all those probes are sent.
        problems: Malformed lines of target files.
    """

    targets: int
    is_exact: bool
    names: int
    refused: dict[str, int]
    probes_max: int
    duration_min_s: float
    duration_max_s: float
    problems: int


def estimate(plan: Plan, *, vantage: VantageLike = None) -> Estimate:
    """Return what a campaign would cost; nothing is sent, and no name is resolved.

    Raises:
        UsageError: The plan cannot be followed.
        HostError: A file cannot be read.
    """
    request = plan.request()
    wanted = plan.target_list()
    where = Campaign(plan, vantage=vantage).vantage
    names = len(wanted.names)
    walk = Walk(
        wanted,
        where,
        seed=plan.seed or 1,
        exclude=excluded(request, where),
        allow_special_purpose=request.allows_special_purpose,
    )
    given, share = walk.count(LOOKED_AT_MAX)
    refused = {
        reason: count if reason == "duplicate" else round(count / share)
        for reason, count in walk.refused().items()
        if count
    }
    targets = round(given / share) + names
    probes = targets * _probes_per_target(request)
    if plan.limits.probes_total is not None:
        probes = min(probes, plan.limits.probes_total)
    longest = probes / plan.limits.rate_pps
    if plan.limits.duration_s is not None:
        longest = min(longest, plan.limits.duration_s)
    return Estimate(
        targets=targets,
        is_exact=share == 1,
        names=names,
        refused=refused,
        probes_max=probes,
        duration_min_s=round(min(targets / plan.limits.rate_pps, longest), 1),
        duration_max_s=round(longest, 1),
        problems=wanted.problem_count,
    )


def _probes_per_target(request: Request) -> int:
    """Return what one target may cost at most."""
    most = request.budget.per_target
    if request.kind is Kind.PING:
        return min(most, request.ping.count)
    if request.kind is Kind.TRACE:
        trace = request.trace
        return min(most, (trace.last_ttl - trace.first_ttl + 1) * trace.attempts)
    if request.kind is Kind.TCP:
        tcp = request.tcp
        hops = (tcp.last_ttl - tcp.first_ttl + 1) if tcp.path else 0
        # Two handshakes; each SYN but those of the path's beginning may cost a reset.
        return min(most, 2 * (2 + hops) * tcp.attempts)
    return most
