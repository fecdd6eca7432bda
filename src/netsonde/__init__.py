"""Internet measurements: ping, Paris traceroute, and the MPLS tunnels hidden in a path.

`netsonde.tnt("example.net")` measures from this host, `netsonde.aio.tnt` does in asyncio,
and `netsonde.lab` is a virtual Internet to try both on. Everything is imported when used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsonde import aio, annotate, campaign, lab, measure, model
    from netsonde._sync import (
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
    from netsonde.model import FormatError, HostError, NetsondeError, UsageError

__all__ = [
    "FormatError",
    "HostError",
    "NetsondeError",
    "UsageError",
    "aio",
    "alias",
    "annotate",
    "campaign",
    "dns",
    "dns_many",
    "fingerprint",
    "fingerprint_many",
    "lab",
    "measure",
    "model",
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


def __getattr__(name: str) -> object:
    """Import a name when it is first used."""
    import importlib  # noqa: PLC0415

    if name in ("aio", "annotate", "campaign", "lab", "measure", "model"):
        return importlib.import_module(f"netsonde.{name}")
    if name in __all__:
        home = "model" if name.endswith("Error") else "_sync"
        return getattr(importlib.import_module(f"netsonde.{home}"), name)
    raise AttributeError(f"module 'netsonde' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List what can be used, imported or not."""
    return __all__
