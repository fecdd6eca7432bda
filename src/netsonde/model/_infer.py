"""The formulas of TNT. Their home is the Rust side; these are the same functions."""

from netsonde._core import frpla, initial_ttl, opaque_length, return_length, rtla, uturn

__all__ = ["frpla", "initial_ttl", "opaque_length", "return_length", "rtla", "uturn"]
