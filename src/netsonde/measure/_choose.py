"""From what a caller names as vantage to a vantage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, Union

if TYPE_CHECKING:
    from netsonde.lab import Lab, Topology
    from netsonde.measure._vantage import Vantage

#: What the measuring functions take as vantage.
VantageLike: TypeAlias = Union["Vantage", "Lab", "Topology", None]


def choose(
    given: VantageLike,
    privilege: Literal["auto", "raw", "none"] = "auto",
    link: Literal["auto", "packet", "raw"] = "auto",
) -> Vantage:
    """Return the vantage that a caller means: this host for None, a lab for a lab or a topology.

    Args:
        given: What the caller named.
        privilege: What to ask of this host: raw packets, UDP sockets only, or the best it allows.
        link: How packets leave this host: as frames where routes are plain, or by raw sockets.
    """
    if given is None:
        from netsonde.measure._host import Host  # noqa: PLC0415 - a lab does without it

        return Host(privilege, link)
    from netsonde.lab import Lab, Topology  # noqa: PLC0415 - a host does without it

    if isinstance(given, Lab | Topology):
        from netsonde.measure._lab import LabVantage  # noqa: PLC0415

        return LabVantage(given if isinstance(given, Lab) else Lab(given))
    return given
