"""Several databases, asked as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from netsonde.annotate._database import open_database
from netsonde.model import Annotation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from netsonde.annotate._database import Database
    from netsonde.model import Address

#: Answers remembered; when there are more, all are forgotten.
REMEMBERED_MAX = 100_000


class Databases:
    """Databases in order: what one does not know of an address, the next may.

    Args:
        databases: Those asked, the most trusted first.

    Examples:
        >>> Databases([]).lookup("192.0.2.1").is_empty
        True
    """

    def __init__(self, databases: Iterable[Database]) -> None:
        self._databases = tuple(databases)
        self._known: dict[Address, Annotation] = {}

    @classmethod
    def open(cls, paths: Iterable[Path | str]) -> Databases:
        """Open the databases in files.

        Raises:
            HostError: A file cannot be read.
            FormatError: A file is no database, or damaged.
        """
        return cls(open_database(path) for path in paths)

    def lookup(self, address: Address) -> Annotation:
        """Return what is known of an address; perhaps nothing."""
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= REMEMBERED_MAX:
                self._known.clear()
            known = self._known[address] = self._ask(address)
        return known

    def _ask(self, address: Address) -> Annotation:
        known = Annotation(address=address)
        for database in self._databases:
            if found := database.lookup(address):
                known = merge(known, found)
        return known


def merge(known: Annotation, found: Annotation) -> Annotation:
    """Return what is known, and what is found where nothing was known.

    Number, name and prefix of an autonomous system belong together: a name is taken from another
    database only for the same number.
    """
    blanks: dict[str, object] = {
        field: value
        for field in ("names", "country", "city")
        if not getattr(known, field) and (value := getattr(found, field))
    }
    if known.asn is None and found.asn is not None:
        blanks |= {"asn": found.asn, "as_name": found.as_name, "prefix": found.prefix}
    elif known.asn == found.asn:
        blanks |= {
            field: getattr(found, field)
            for field in ("as_name", "prefix")
            if not getattr(known, field)
        }
    return structs.replace(known, **blanks)
