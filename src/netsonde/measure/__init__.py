"""Measurements as async functions: ping, trace, tnt, for one target or for many."""

from netsonde.measure._vantage import Vantage

__all__ = ["Vantage"]
