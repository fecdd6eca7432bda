"""What others know of an address, as the tables ask for it."""

from collections.abc import Callable
from typing import TypeAlias

#: From an address to what is known of it, in one line; nothing if nothing is.
Known: TypeAlias = Callable[[str], str]


def nothing(address: str) -> str:
    """Return nothing, whatever the address."""
    del address
    return ""
