"""From the image that this installation holds to a signed one in the store."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from netsonde import _core
from netsonde.image._elf import read_elf
from netsonde.image._manifest import VALID_DAYS_DEFAULT, Manifest, describe
from netsonde.model import HostError

if TYPE_CHECKING:
    from netsonde.image._keys import SecretKey
    from netsonde.image._store import Store, Verified

#: What the image of this installation is called.
NAME = "netsonde"


def installed() -> bytes:
    """Return the image that was built with this installation.

    Raises:
        HostError: There is none: it is for 64-bit x86 alone.
    """
    data = _core.image()
    if not data:
        message = "this installation has no image: it is built for 64-bit x86 Linux alone"
        raise HostError(message, "measure without --runtime")
    return data


def build(
    store: Store,
    data: bytes | None = None,
    *,
    name: str = NAME,
    version: int | None = None,
    valid_days: int = VALID_DAYS_DEFAULT,
    key: SecretKey | None = None,
) -> Manifest:
    """Sign an image and take it into a store.

    Args:
        store: Where it goes.
        data: The ELF; None for that of this installation.
        name: What it is called.
        version: Its version; None for the one after the last.
        valid_days: Days for which it may run.
        key: What signs; None for this host's own key, made at first use.

    Raises:
        FormatError: It is no executable for 64-bit x86, the key is not trusted here, or a later
            version was seen.
        UsageError: Name, version or time cannot be.
        HostError: It cannot be read or written.
    """
    data = installed() if data is None else data
    read_elf(data)
    made = describe(
        data,
        name=name,
        version=store.last_seen(name) + 1 if version is None else version,
        release=_core.VERSION,
        created_s=time.time_ns() // 1_000_000_000,
        valid_days=valid_days,
    )
    return store.add_signed(data, made, store.trust.own_key() if key is None else key)


def ready(store: Store, reference: str = NAME) -> Verified:
    """Return an image that may start; that of this installation is built where it is not there.

    Raises:
        NetsondeError: See `Store.open` and `build`.
    """
    if reference == NAME:
        digest = hashlib.sha256(installed()).hexdigest()
        kept = [one.manifest for one in store.entries() if one.manifest.name == NAME]
        # An upgrade brings another image; one whose time is over is the user's to build again.
        if not kept or kept[0].sha256 != digest:
            build(store)
    return store.open(reference)
