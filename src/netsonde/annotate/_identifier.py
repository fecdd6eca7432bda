"""Who made a router: what signatures and registries say of its fingerprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsonde.annotate._registries import Registries
from netsonde.annotate._signatures import Signatures
from netsonde.model import Evidence, Identification, VendorCount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from netsonde.model import FingerprintResult, SnmpEngine


class Identifier:
    """Identifies fingerprints.

    Args:
        signatures: Files of signatures; `builtin` is the set that comes with netsonde.
        vendors: Files of enterprise numbers and of makers of hardware.

    Raises:
        HostError: A file cannot be read.
        FormatError: A file is malformed.
    """

    def __init__(
        self, signatures: Iterable[Path | str] = (), vendors: Iterable[Path | str] = ()
    ) -> None:
        self._signatures = Signatures.open(signatures)
        self._registries = Registries.open(vendors)

    def identify(self, result: FingerprintResult) -> tuple[Identification, ...]:
        """Return what each kind of evidence says, the strongest first."""
        found = list(self._of_engine(result)) if result.snmp is not None else []
        return (*found, *self._signatures.identify(result))

    def vendor(self, engine: SnmpEngine) -> str | None:
        """Return who made an SNMP agent, by its enterprise number; None if nobody knows."""
        if engine.enterprise is None:
            return None
        return self._registries.enterprise(engine.enterprise) or engine.vendor

    def _of_engine(self, result: FingerprintResult) -> Iterator[Identification]:
        engine = result.snmp
        assert engine is not None, "looked at by whoever asks"
        if engine.enterprise is not None:
            told = str(engine.enterprise)
            yield _named(result, Evidence.ENTERPRISE, told, self.vendor(engine))
        if engine.mac is not None and engine.oui is not None:
            yield _named(result, Evidence.OUI, engine.oui, self._registries.maker(engine.mac))


def _named(
    result: FingerprintResult, kind: Evidence, signature: str, name: str | None
) -> Identification:
    vendors = () if name is None else (VendorCount(vendor=name),)
    return Identification(
        address=result.target, evidence=kind, signature=signature, vendors=vendors
    )
