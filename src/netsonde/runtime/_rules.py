"""Translation of addresses, in a table of our own that dies with the program that holds it."""

from __future__ import annotations

import os
import select
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from netsonde.model import HostError
from netsonde.runtime._launch import Launch
from netsonde.runtime._programs import find

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: What our tables are called, before the interface's name.
PREFIX = "netsonde_"
#: Seconds that the rules may take.
_RULES_S = 10.0
#: Seconds between two looks whether they are there.
_LOOK_S = 0.01


@contextmanager
def translated(interface: str, networks: Sequence[str]) -> Iterator[None]:
    """Let what comes from the networks behind an interface leave under this host's own addresses.

    The kernel removes the table when the socket closes that made it, however its holder ends.

    Raises:
        HostError: There is no nft, or it refuses.
    """
    table = f"{PREFIX}{interface}"
    translations = "\n".join(
        f"add rule inet {table} after {'ip6' if ':' in one else 'ip'} saddr {one} "
        f'oifname != "{interface}" masquerade'
        for one in networks
    )
    rules = f"""
add table inet {table} {{ flags owner; }}
add chain inet {table} after {{ type nat hook postrouting priority srcnat; policy accept; }}
{translations}
add chain inet {table} pass {{ type filter hook forward priority filter; policy accept; }}
add rule inet {table} pass iifname "{interface}" accept
add rule inet {table} pass oifname "{interface}" ct state established,related accept
add rule inet {table} pass oifname "{interface}" drop
"""
    with subprocess.Popen(  # noqa: S603 - no shell; the names are ours
        [find("nft"), "--interactive"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=Launch([]).entrance(),  # noqa: PLW1509 - it takes no lock
    ) as holder:
        assert holder.stdin is not None, "it was piped"
        try:
            with suppress(BrokenPipeError):  # it has ended already, and said why
                os.write(holder.stdin.fileno(), rules.encode())
            _await(holder, table)
            yield
        finally:
            holder.kill()


def _await(holder: subprocess.Popen[str], table: str) -> None:
    """Wait until the rules are there, or nft says why not.

    Raises:
        HostError: It does, or takes longer than `_RULES_S`.
    """
    assert holder.stderr is not None, "it was piped"
    hint = "run as root, on Linux 5.12 or later"
    for _ in range(int(_RULES_S / _LOOK_S)):
        told, _, _ = select.select([holder.stderr], [], [], _LOOK_S)
        if told:
            reason = holder.stderr.readline().strip() or "nft ended"
            raise HostError(f"cannot translate addresses: {reason}", hint)
        if "established" in _listed(table):
            return
    raise HostError(f"cannot translate addresses: nothing in {_RULES_S:g} s", hint)


def _listed(table: str) -> str:
    shown = subprocess.run(  # noqa: S603 - no shell; the names are ours
        [find("nft"), "list", "table", "inet", table],
        check=False,
        capture_output=True,
        text=True,
        timeout=_RULES_S,
    )
    return shown.stdout
