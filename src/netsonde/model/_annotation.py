"""What others know of an address: names, networks, places."""

from netsonde.model._base import Address, Record, UInt32


class Annotation(Record, frozen=True, kw_only=True, tag_field="type", tag="annotation"):
    """What name servers and databases say of an address; nothing of it was measured.

    Attributes:
        address: IPv4 or IPv6 address.
        names: Host names that its PTR records give.
        asn: Number of the autonomous system that announces it; None if unknown.
        as_name: Name of that system; empty if unknown.
        prefix: Announced prefix that covers it; empty if unknown.
        country: Two letters (ISO 3166-1) where the database places it; empty if unknown.
        city: Where the database places it; empty if unknown.
    """

    address: Address
    names: tuple[str, ...] = ()
    asn: UInt32 | None = None
    as_name: str = ""
    prefix: str = ""
    country: str = ""
    city: str = ""

    @property
    def is_empty(self) -> bool:
        """True if nobody knows anything."""
        return self == Annotation(address=self.address)

    def __str__(self) -> str:
        system = f"AS{self.asn}" if self.asn is not None else ""
        places = ", ".join(place for place in (self.city, self.country) if place)
        parts = (*self.names[:1], system, self.as_name, places)
        return " ".join(part for part in parts if part)
