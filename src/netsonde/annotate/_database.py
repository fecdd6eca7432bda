"""Databases of addresses, told apart by what they begin with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from netsonde.model import Annotation, FormatError, HostError

if TYPE_CHECKING:
    from netsonde.model import Address

_GZIP = b"\x1f\x8b"
_LIBLOC = b"LOCDBXX"
#: The metadata of a MaxMind database begins so, within the last bytes of the file.
_MAXMIND = b"\xab\xcd\xefMaxMind.com"
_MAXMIND_TAIL_BYTES = 128 << 10
_KINDS = "a pyasn .dat file (also gzipped), a MaxMind .mmdb or a libloc .db"


class Database(Protocol):
    """Knows something of addresses."""

    def lookup(self, address: Address) -> Annotation | None:
        """Return what is known of an address; None if nothing is."""


def open_database(path: Path | str) -> Database:
    """Return the database in a file; its kind is told by its content.

    Args:
        path: A pyasn ``.dat`` file, plain or gzipped; a MaxMind ``.mmdb``; a libloc ``.db``.

    Raises:
        HostError: The file cannot be read.
        FormatError: It is none of these, or damaged.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            head = file.read(512)
            size = file.seek(0, 2)
            file.seek(max(0, size - _MAXMIND_TAIL_BYTES))
            tail = file.read()
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise HostError(message, f"it should be {_KINDS}") from error
    if head.startswith(_LIBLOC):
        from netsonde.annotate._libloc import Libloc  # noqa: PLC0415 - only its users pay

        return Libloc(path)
    if _MAXMIND in tail:
        from netsonde.annotate._maxmind import MaxMind  # noqa: PLC0415

        return MaxMind(path)
    if head.startswith(_GZIP) or _is_text(head):
        from netsonde.annotate._pyasn import Pyasn  # noqa: PLC0415

        return Pyasn(path)
    message = f"{path} is no database of addresses"
    raise FormatError(message, f"expected {_KINDS}", offset=0)


def _is_text(head: bytes) -> bool:
    return bool(head) and all(byte >= ord(" ") or byte in b"\t\r\n" for byte in head)
