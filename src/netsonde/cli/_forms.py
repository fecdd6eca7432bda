"""Where events go as they are, or as other programs want them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from msgspec.json import encode

from netsonde.model import AliasResult, MultipathResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsonde.measure import Line
    from netsonde.model import Annotation, Identification


class Show(Protocol):
    """Takes the events of a job, in order."""

    def annotate(self, learned: Iterable[Annotation]) -> None:
        """Take what others know of addresses that the next event has."""

    def identify(self, found: Iterable[Identification]) -> None:
        """Take who may have made the address that the next event is of."""

    def show(self, line: Line) -> None:
        """Take one event."""

    def close(self) -> None:
        """Say what can be said once all is over."""


class JsonShow:
    """Prints each event as it came, one JSON object a line."""

    def annotate(self, learned: Iterable[Annotation]) -> None:
        """Print what is known of each address, once."""
        for each in learned:
            sys.stdout.write(encode(each).decode() + "\n")

    def identify(self, found: Iterable[Identification]) -> None:
        """Print each."""
        for each in found:
            sys.stdout.write(encode(each).decode() + "\n")

    def show(self, line: Line) -> None:
        """Print one event, at once: whoever reads may act on it."""
        sys.stdout.write(line.raw.decode() + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        """Say nothing more."""


class NodesShow:
    """Prints routers as CAIDA's Internet topology data kits do, one a line."""

    def annotate(self, learned: Iterable[Annotation]) -> None:
        """Leave it: the format has no place for it."""

    def identify(self, found: Iterable[Identification]) -> None:
        """Leave it: there is no place for it."""

    def show(self, line: Line) -> None:
        """Print the routers of a result."""
        from netsonde.report import alias_nodes  # noqa: PLC0415 - few ask for it

        if isinstance(line.event, AliasResult):
            sys.stdout.writelines(f"{node}\n" for node in alias_nodes(line.event))
            sys.stdout.flush()

    def close(self) -> None:
        """Say nothing more."""


class DotShow:
    """Prints each graph of paths for Graphviz, and nothing else."""

    def annotate(self, learned: Iterable[Annotation]) -> None:
        """Leave it: the graph has addresses only."""

    def identify(self, found: Iterable[Identification]) -> None:
        """Leave it: there is no place for it."""

    def show(self, line: Line) -> None:
        """Print one graph, if the event has one."""
        from netsonde.report import multipath_dot  # noqa: PLC0415 - few ask for it

        if isinstance(line.event, MultipathResult):
            sys.stdout.write(multipath_dot(line.event) + "\n")
            sys.stdout.flush()

    def close(self) -> None:
        """Say nothing more."""
