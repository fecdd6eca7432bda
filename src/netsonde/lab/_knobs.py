"""The knobs of a node's behaviour: names, what each takes, and how the engine calls it."""

from collections.abc import Callable, Mapping
from typing import Any

from netsonde.lab._elements import LABEL_POLICIES, POPS, TTL_MODES
from netsonde.lab._reader import Table, boolean, duration, integer, rate

#: Knobs that name a default of the whole label distribution domain, not of the node alone.
DOMAIN_KNOBS = ("ttl", "labels", "pop")

_SOURCES = ("incoming", "facing-sender", "loopback", "probed")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "ttl": TTL_MODES,
    "labels": LABEL_POLICIES,
    "pop": POPS,
    "pop_rule": ("min", "copy", "decrement-unchecked", "none"),
    "label_expiry": ("icmp", "silent", "icmp-along-lsp"),
    "icmp_source": _SOURCES,
    "udp_source": _SOURCES,
    "quoted_ttl": ("received", "one"),
    "extensions": ("none", "rfc4884", "length-zero", "length-and-checksum-zero", "length-17"),
    "ip_id": (
        "zero",
        "counter",
        "swapped",
        "interface",
        "destination",
        "protocol",
        "reflected",
        "constant",
        "random",
    ),
    "fragment_id": ("counter", "destination", "random"),
    "tcp": ("rst", "none"),
    "too_big": ("tells", "tells-no-mtu", "silent"),
}
_INTEGERS: Mapping[str, tuple[int, int]] = {
    "te_ttl": (1, 255),
    "er_ttl": (1, 255),
    "te_ttl6": (1, 255),
    "er_ttl6": (1, 255),
    "unreachable_ttl": (1, 255),
    "tcp_ttl": (1, 255),
    "lse_ttl": (1, 255),
    "icmp_tos": (0, 255),
    "too_big_mtu": (0, 65_535),
    "tcp_mss": (0, 65_535),
}
_BOOLEANS = (
    "whole_stack",
    "interface_info",
    "uhp_quirk",
    "heeds_too_big",
    "silent",
    "drops_echo",
    "drops_udp",
)
TCP_FEATURES = (
    "sack",
    "timestamps",
    "window-scale",
    "ecn",
    "mptcp",
    "mptcp-v0",
    "fast-open",
    "mirror",
)
#: Bytes of an SNMP engine identifier (RFC 3411).
_ENGINE_BYTES = (5, 32)
LIMIT_SCOPES = ("global", "destination", "interface")

KNOBS = (
    *_CHOICES,
    *_INTEGERS,
    *_BOOLEANS,
    "tcp_features",
    "snmp_engine",
    "quote_len",
    "answer_delay",
    "ip_id_rate",
    "icmp",
)


def take_knobs(table: Table) -> dict[str, Any]:
    """Return the knobs that `table` sets, by name, in the engine's units.

    Raises:
        TopologyError: One is refused.
    """
    found: dict[str, Any] = {}
    for name in KNOBS:
        if not table.has(name):
            table.take_any(name)  # so that a misspelt knob is told its nearest neighbour
            continue
        if name in _CHOICES:
            found[name] = table.take_choice(name, _CHOICES[name], "")
        elif name == "icmp":
            found[name] = take_limit(table)
        else:
            expected, convert = _converter(name)
            found[name] = table.require(name, expected, convert)
    return found


def take_limit(table: Table) -> dict[str, Any] | None:
    """Return the ICMP limit under `icmp`, as the engine takes it; None for "unlimited".

    Raises:
        TopologyError: It is refused.
    """
    if table.peek("icmp") == "unlimited":
        table.take_any("icmp")
        return None
    limit = table.take_table("icmp")
    assert limit is not None, "the caller looked"
    hint = 'such as icmp = { rate = "50/s", burst = 10 }'
    result = {
        "rate_pps": limit.require("rate", 'a rate such as "50/s"', rate, hint),
        "burst": limit.take_int("burst", 1, 1_000_000, 1),
        "scope": limit.take_choice("scope", LIMIT_SCOPES, "global"),
        "echo": limit.take_bool("echo", False),
    }
    limit.finish()
    return result


def engine_behaviour(knobs: Mapping[str, Any]) -> dict[str, Any]:
    """Return knobs under the engine's names."""
    renamed = {"icmp": "rate_limit", "answer_delay": "answer_delay_ns"}
    return {renamed.get(name, name): value for name, value in knobs.items()}


def _converter(name: str) -> tuple[str, Callable[[Any], Any]]:
    if name in _INTEGERS:
        low, high = _INTEGERS[name]
        return f"an integer from {low} to {high}", integer(low, high)
    return _CONVERTERS.get(name, ("true or false", boolean))


def _quote_len(value: object) -> int:
    return 0 if value == 0 and not isinstance(value, bool) else integer(28, 1_280)(value)


def _engine_id(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    octets = bytes.fromhex(value)
    low, high = _ENGINE_BYTES
    if not low <= len(octets) <= high:
        raise ValueError(value)
    return octets.hex()


def _tcp_features(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or any(one not in TCP_FEATURES for one in value):
        raise ValueError(value)
    return tuple(value)


#: What knobs take that are neither choices, nor numbers, nor switches.
_CONVERTERS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "quote_len": ("0 (as much as fits) or 28 to 1280 bytes", _quote_len),
    "tcp_features": (f"a list of {', '.join(TCP_FEATURES)}", _tcp_features),
    "snmp_engine": ("5 to 32 bytes in hexadecimal", _engine_id),
    "answer_delay": ('a duration such as "4ms"', duration),
    "ip_id_rate": ('a rate such as "50/s"', rate),
}
