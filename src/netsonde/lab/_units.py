"""Durations and rates as people write them."""

import re

_NANOSECONDS = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
_NANOSECONDS |= {"min": 60 * _NANOSECONDS["s"], "h": 3_600 * _NANOSECONDS["s"]}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|min|h)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(s|min|h)")
#: A year: longer than any run, and far from where 64 bits of nanoseconds end.
DURATION_MAX_NS = 366 * 24 * _NANOSECONDS["h"]


def parse_duration(text: str) -> int:
    """Return `text` in nanoseconds.

    Raises:
        ValueError: It is not a number with a unit, or longer than a year.

    Examples:
        >>> parse_duration("0.3ms"), parse_duration("2min")
        (300000, 120000000000)
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    value_ns = round(float(match[1]) * _NANOSECONDS[match[2]])
    if value_ns > DURATION_MAX_NS:
        raise ValueError(text)
    return value_ns


def format_duration(value_ns: int) -> str:
    """Return nanoseconds in the largest unit that needs no fraction, readable by `parse_duration`.

    Examples:
        >>> format_duration(4_000_000), format_duration(0)
        ('4ms', '0s')
    """
    for unit in ("s", "ms", "us"):
        if value_ns % _NANOSECONDS[unit] == 0:
            return f"{value_ns // _NANOSECONDS[unit]}{unit}"
    return f"{value_ns}ns"


def parse_rate(text: str) -> float:
    """Return `text` in events per second.

    Raises:
        ValueError: It is not a positive number per s, min or h.

    Examples:
        >>> parse_rate("50/s"), parse_rate("30/min")
        (50.0, 0.5)
    """
    match = _RATE.fullmatch(text.strip())
    if match is None or float(match[1]) == 0.0:
        raise ValueError(text)
    return float(match[1]) * _NANOSECONDS["s"] / _NANOSECONDS[match[2]]
