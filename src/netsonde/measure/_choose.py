"""From what a caller names as vantage to a vantage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, Union

from netsonde.measure._request import OptionError
from netsonde.model import UsageError

if TYPE_CHECKING:
    from netsonde.lab import Lab, Topology
    from netsonde.measure._vantage import Vantage

#: What the measuring functions take as vantage.
VantageLike: TypeAlias = Union["Vantage", "Lab", "Topology", None]


def choose(
    given: VantageLike,
    privilege: Literal["auto", "raw", "none"] | None = None,
    link: Literal["auto", "packet", "raw"] | None = None,
) -> Vantage:
    """Return the vantage that a caller means: this host for None, a lab for a lab or a topology.

    Args:
        given: What the caller named.
        privilege: What to ask of this host: raw packets, UDP sockets only, or the best it allows.
        link: How packets leave this host: as frames where routes are plain, or by raw sockets.

    Raises:
        UsageError: Privilege or link cannot be, or they are asked of something else than this host.
    """
    _check("privilege", privilege, ("auto", "raw", "none"))
    _check("link", link, ("auto", "packet", "raw"))
    if given is None:
        from netsonde.measure._host import Host  # noqa: PLC0415 - a lab does without it

        return Host(privilege or "auto", link or "auto")
    if privilege is not None or link is not None:
        option = "privilege" if privilege is not None else "link"
        message = f"{option} is for this host, and another vantage is given"
        raise UsageError(message, "leave out one of them")
    from netsonde.lab import Lab, Topology  # noqa: PLC0415 - a host does without it

    if isinstance(given, Lab | Topology):
        from netsonde.measure._lab import LabVantage  # noqa: PLC0415

        return LabVantage(given if isinstance(given, Lab) else Lab(given))
    return given


def _check(option: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        raise OptionError(option, f"one of {', '.join(choices)}", repr(value))
