"""Who made a router, as far as signatures and registries say."""

from enum import StrEnum

from netsonde.model._base import Address, Record, UInt32


class Evidence(StrEnum):
    """What an identification rests on."""

    LFP = "lfp"
    TTL = "ttl"
    ENTERPRISE = "snmpv3-enterprise"
    OUI = "snmpv3-oui"


class VendorCount(Record, frozen=True, kw_only=True):
    """A vendor that a signature may mean.

    Attributes:
        vendor: Its name.
        count: Addresses of it that were seen with the signature; 0 if nobody counted.
    """

    vendor: str
    count: UInt32 = 0


class Identification(Record, frozen=True, kw_only=True, tag_field="type", tag="identification"):
    """What one kind of evidence says of an address; nothing of it was measured.

    Attributes:
        address: The address.
        evidence: What it rests on.
        signature: What was compared: the text of a vector or signature, a number or a prefix.
        vendors: Who it may be, the most frequent first; none if nobody knows.
        exact: True if every feature was known and equal; false if only those that were known.
    """

    address: Address
    evidence: Evidence
    signature: str
    vendors: tuple[VendorCount, ...] = ()
    exact: bool = True

    @property
    def unique(self) -> bool:
        """True if it can be but one vendor, as far as the signatures go."""
        return len(self.vendors) == 1

    @property
    def vendor(self) -> str | None:
        """The vendor, if it can be but one."""
        return self.vendors[0].vendor if self.unique else None

    def __str__(self) -> str:
        if not self.vendors:
            return f"unknown ({self.signature})"
        total = sum(each.count for each in self.vendors)
        parts = [
            f"{each.vendor} {each.count}/{total}" if total and not self.unique else each.vendor
            for each in self.vendors
        ]
        return f"{', '.join(parts)} ({'exact' if self.exact else 'partial'})"
