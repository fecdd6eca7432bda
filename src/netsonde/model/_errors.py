"""The errors of netsonde, one tree.

```text
NetsondeError            exit status 1: a failure of ours
├── UsageError           2: what the caller asked for cannot be
├── HostError            4: the host lacks a right, a device, a file or a program
└── FormatError          5: a file or a stream is not what it should be
```

What the network sends is never an error: it is data, counted in the results.
"""

from typing import ClassVar


class NetsondeError(Exception):
    """The root of the tree.

    Args:
        message: What happened, in one sentence without a final full stop.
        hint: What to do about it; empty if there is nothing to say.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(NetsondeError):
    """What the caller asked for cannot be done, whatever the host."""

    exit_status: ClassVar[int] = 2


class HostError(NetsondeError):
    """The host lacks a right, a device, a file or a program; the hint names it."""

    exit_status: ClassVar[int] = 4


class FormatError(NetsondeError):
    """A file or stream is malformed.

    Args:
        message: What is wrong.
        hint: What would be right; empty if the message says it.
        offset: Where, in bytes from the start; None if no single byte is to blame.
    """

    exit_status: ClassVar[int] = 5

    def __init__(self, message: str, hint: str = "", *, offset: int | None = None) -> None:
        super().__init__(message, hint)
        self.offset = offset
