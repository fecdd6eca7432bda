"""Measurements as async functions: ping, trace, tnt, for one target or for many."""

from netsonde.measure._choose import VantageLike, choose
from netsonde.measure._doctor import Finding, examine
from netsonde.measure._functions import ping, ping_many, tnt, tnt_many, trace, trace_many
from netsonde.measure._keywords import (
    IN_FLIGHT_MAX_DEFAULT,
    RATE_PPS_DEFAULT,
    PingKeywords,
    RunKeywords,
    TntKeywords,
    TraceKeywords,
)
from netsonde.measure._request import OptionError, Request, request
from netsonde.measure._resolve import Problem, Resolved
from netsonde.measure._run import Line, lines, prepare
from netsonde.measure._vantage import Vantage

__all__ = [
    "IN_FLIGHT_MAX_DEFAULT",
    "RATE_PPS_DEFAULT",
    "Finding",
    "Line",
    "OptionError",
    "PingKeywords",
    "Problem",
    "Request",
    "Resolved",
    "RunKeywords",
    "TntKeywords",
    "TraceKeywords",
    "Vantage",
    "VantageLike",
    "choose",
    "examine",
    "lines",
    "ping",
    "ping_many",
    "prepare",
    "request",
    "tnt",
    "tnt_many",
    "trace",
    "trace_many",
]
