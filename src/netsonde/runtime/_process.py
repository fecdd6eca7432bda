"""The image as a process of this host, sealed by itself before its first packet."""

from __future__ import annotations

import os
import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING

from netsonde.runtime._card import MAC
from netsonde.runtime._launch import Identity, Launch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.image import Verified
    from netsonde.runtime._card import Card
    from netsonde.runtime._limits import Limits

#: Whom programs run as that were started by root: nobody.
NOBODY = Identity(65_534, 65_534)


@contextmanager
def process(image: Verified, card: Card, job: bytes, limits: Limits) -> Iterator[Launch]:
    """Yield what starts an image as a process: from the memory that was verified."""
    descriptor = image.descriptor()
    assert card.descriptor is not None, "a process inherits its card"
    words = [*card.words(), f"fd={card.descriptor}", "eof=stop"]
    words += [f"mac={MAC}"] if card.frames else []
    try:
        yield Launch(
            program=[f"/proc/self/fd/{descriptor}", *words, f"deadline_ms={limits.time_s * 1_000}"],
            descriptors=[descriptor, card.descriptor],
            stdin=job + b"\n",
            takes_stop=True,
            rlimits={
                resource.RLIMIT_AS: limits.memory_bytes,
                resource.RLIMIT_CPU: limits.cpu_s,
                resource.RLIMIT_CORE: 0,
            },
            identity=NOBODY if os.geteuid() == 0 else None,
        )
    finally:
        os.close(descriptor)
