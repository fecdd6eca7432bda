"""What others know of an address: AS, name, place and maker, from files that the user has."""

from netsonde.annotate._database import Database, open_database
from netsonde.annotate._databases import Databases
from netsonde.annotate._identifier import Identifier
from netsonde.annotate._registries import Registries
from netsonde.annotate._signatures import (
    BUILT_IN,
    Signature,
    Signatures,
    learn,
    read_signatures,
    signatures_toml,
)

__all__ = [
    "BUILT_IN",
    "Database",
    "Databases",
    "Identifier",
    "Registries",
    "Signature",
    "Signatures",
    "learn",
    "open_database",
    "read_signatures",
    "signatures_toml",
]
