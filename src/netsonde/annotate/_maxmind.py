"""MaxMind's file format: GeoLite2, and what others publish in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import maxminddb

from netsonde.model import Annotation, FormatError, HostError

if TYPE_CHECKING:
    from pathlib import Path

    from netsonde.model import Address

_ASN_FIELDS = ("autonomous_system_number", "asn")
_NAME_FIELDS = ("autonomous_system_organization", "as_name", "name")
_ASN_MAX = 2**32 - 1


class MaxMind:
    """A database of AS numbers, countries or cities.

    Args:
        path: An ``.mmdb`` file with the fields of GeoLite2 (ASN, Country, City) or of IPinfo.

    Raises:
        HostError: The file cannot be read.
        FormatError: It is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._reader = maxminddb.open_database(path)
        except OSError as error:
            message = f"cannot read {path}: {error.strerror}"
            raise HostError(message) from error
        except (maxminddb.InvalidDatabaseError, ValueError) as error:
            raise FormatError(f"{path}: {error}", "is the file complete?") from error

    def lookup(self, address: Address) -> Annotation | None:
        """Return what the database says of an address.

        Raises:
            FormatError: The database is damaged at this place.
        """
        try:
            record, length = self._reader.get_with_prefix_len(address)
        except maxminddb.InvalidDatabaseError as error:
            raise FormatError(f"{self._path}: {error}", "is the file complete?") from error
        except ValueError:  # an IPv6 address, and the database has IPv4 alone
            return None
        return _annotation(address, record, length) if isinstance(record, dict) else None


def _annotation(address: Address, record: dict[str, Any], length: int) -> Annotation:
    from ipaddress import ip_network  # noqa: PLC0415

    asn = _number(next((record[name] for name in _ASN_FIELDS if name in record), None))
    prefix = str(ip_network((address, length), strict=False)) if asn is not None else ""
    country = record.get("country")
    place = country.get("iso_code") if isinstance(country, dict) else record.get("country_code")
    if not place and isinstance(country, str):
        place = country
    city = record.get("city")
    if isinstance(city, dict):
        names = city.get("names")
        city = names.get("en") if isinstance(names, dict) else None
    return Annotation(
        address=address,
        asn=asn,
        as_name=_text(next((record[name] for name in _NAME_FIELDS if name in record), "")),
        prefix=prefix,
        country=_text(place),
        city=_text(city),
    )


def _number(value: object) -> int | None:
    if isinstance(value, str):  # IPinfo writes AS64500
        value = value.upper().removeprefix("AS")
        value = int(value) if value.isdecimal() else None
    return value if isinstance(value, int) and 0 <= value <= _ASN_MAX else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
