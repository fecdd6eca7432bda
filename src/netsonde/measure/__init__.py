"""Measurements as async functions: ping, trace, tnt, dns, for one target or for many.

What few callers need is imported when it is used.
"""

from typing import TYPE_CHECKING

from netsonde.measure._blocking import iterate as blocking_iterate
from netsonde.measure._capture import capture_file, refuse_gaps
from netsonde.measure._choose import VantageLike, choose
from netsonde.measure._functions import (
    alias,
    dns,
    dns_many,
    fingerprint,
    fingerprint_many,
    multipath,
    multipath_many,
    ping,
    ping_many,
    tcp,
    tcp_many,
    tnt,
    tnt_many,
    trace,
    trace_many,
)
from netsonde.measure._keywords import (
    IN_FLIGHT_MAX_DEFAULT,
    RATE_PPS_DEFAULT,
    AliasKeywords,
    DnsKeywords,
    FingerprintKeywords,
    MultipathKeywords,
    PingKeywords,
    RunKeywords,
    TcpKeywords,
    TntKeywords,
    TraceKeywords,
)
from netsonde.measure._request import OptionError, Request, excluded, job, request
from netsonde.measure._resolve import Problem, Resolved
from netsonde.measure._run import Line, gather, lines, prepare, stream, walk
from netsonde.measure._sources import Sources
from netsonde.measure._streams import EVENT, Frame, unpack
from netsonde.measure._target_list import Name, Selections, TargetList, selections
from netsonde.measure._vantage import Vantage
from netsonde.measure._walk import Walk

if TYPE_CHECKING:
    from netsonde.measure._annotator import Annotator
    from netsonde.measure._dns import check_dns_name
    from netsonde.measure._doctor import Finding, examine

__all__ = [
    "EVENT",
    "IN_FLIGHT_MAX_DEFAULT",
    "RATE_PPS_DEFAULT",
    "AliasKeywords",
    "Annotator",
    "DnsKeywords",
    "Finding",
    "FingerprintKeywords",
    "Frame",
    "Line",
    "MultipathKeywords",
    "Name",
    "OptionError",
    "PingKeywords",
    "Problem",
    "Request",
    "Resolved",
    "RunKeywords",
    "Selections",
    "Sources",
    "TargetList",
    "TcpKeywords",
    "TntKeywords",
    "TraceKeywords",
    "Vantage",
    "VantageLike",
    "Walk",
    "alias",
    "blocking_iterate",
    "capture_file",
    "check_dns_name",
    "choose",
    "dns",
    "dns_many",
    "examine",
    "excluded",
    "fingerprint",
    "fingerprint_many",
    "gather",
    "job",
    "lines",
    "multipath",
    "multipath_many",
    "ping",
    "ping_many",
    "prepare",
    "refuse_gaps",
    "request",
    "selections",
    "stream",
    "tcp",
    "tcp_many",
    "tnt",
    "tnt_many",
    "trace",
    "trace_many",
    "unpack",
    "walk",
]


def __getattr__(name: str) -> object:
    """Import a name when it is first used."""
    import importlib  # noqa: PLC0415

    homes = {"Annotator": "_annotator", "check_dns_name": "_dns"}
    homes |= {"Finding": "_doctor", "examine": "_doctor"}
    if name in homes:
        return getattr(importlib.import_module(f"netsonde.measure.{homes[name]}"), name)
    raise AttributeError(f"module 'netsonde.measure' has no attribute {name!r}")
