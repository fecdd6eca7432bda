"""The image: one file that is a process, a container and a virtual machine; signed, by digest."""

from netsonde.image._build import NAME, build, installed, ready
from netsonde.image._elf import Elf, read_elf
from netsonde.image._keys import (
    PublicKey,
    SecretKey,
    is_locked,
    new_key,
    read_public,
    read_secret,
    write_public,
    write_secret,
)
from netsonde.image._manifest import VALID_DAYS_DEFAULT, Manifest
from netsonde.image._oci import PROGRAM, USER, Layout, archive, layout, read_layout, write_layout
from netsonde.image._store import Entry, Store, Verified
from netsonde.image._trust import Trust

__all__ = [
    "NAME",
    "PROGRAM",
    "USER",
    "VALID_DAYS_DEFAULT",
    "Elf",
    "Entry",
    "Layout",
    "Manifest",
    "PublicKey",
    "SecretKey",
    "Store",
    "Trust",
    "Verified",
    "archive",
    "build",
    "installed",
    "is_locked",
    "layout",
    "new_key",
    "read_elf",
    "read_layout",
    "read_public",
    "read_secret",
    "ready",
    "write_layout",
    "write_public",
    "write_secret",
]
