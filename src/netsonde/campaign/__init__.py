"""Campaigns: measurements of many targets that are written down, interrupted, and resumed."""

from netsonde.campaign._campaign import Batch, Campaign
from netsonde.campaign._estimate import Estimate, estimate
from netsonde.campaign._keep import keep, new_run
from netsonde.campaign._plan import Limits, Plan, PlanError, Targets, read_plan
from netsonde.campaign._progress import Progress
from netsonde.campaign._state import Summary, summary

__all__ = [
    "Batch",
    "Campaign",
    "Estimate",
    "Limits",
    "Plan",
    "PlanError",
    "Progress",
    "Summary",
    "Targets",
    "estimate",
    "keep",
    "new_run",
    "read_plan",
    "summary",
]
