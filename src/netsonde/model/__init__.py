"""The words that everyone shares: jobs, results, errors."""

from netsonde.model._errors import FormatError, HostError, NetsondeError, UsageError

__all__ = ["FormatError", "HostError", "NetsondeError", "UsageError"]
