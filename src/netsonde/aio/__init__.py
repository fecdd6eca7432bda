"""The measuring functions for asyncio; `netsonde.ping` and the others are their twins without."""

from netsonde.measure import (
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

__all__ = [
    "alias",
    "dns",
    "dns_many",
    "fingerprint",
    "fingerprint_many",
    "multipath",
    "multipath_many",
    "ping",
    "ping_many",
    "tcp",
    "tcp_many",
    "tnt",
    "tnt_many",
    "trace",
    "trace_many",
]
