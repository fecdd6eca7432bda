"""The network card of a run: a descriptor, what it carries, and the addresses behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from netsonde.model import Address

#: The hardware address of our cards: locally administered, one card a network.
MAC = "02:6e:73:00:00:02"


class Card(NamedTuple):
    """What a run sends and receives with, and who it is there.

    Attributes:
        frames: Whether Ethernet frames pass, else IP packets.
        descriptor: A datagram socket or a TAP; None if `plug` brings it.
        addresses: Own addresses with their prefix lengths, at most one of each family.
        gateways: The router's addresses, of the same families.
        mtu: Largest IP packet.
        has_clock: Whether time comes on the card, too.
    """

    frames: bool
    descriptor: int | None
    addresses: tuple[str, ...]
    gateways: tuple[Address, ...]
    mtu: int
    has_clock: bool = False

    def words(self) -> list[str]:
        """Return what the image is told of its card."""
        found = [f"card={'ethernet' if self.frames else 'ip'}"]
        found += ["clock=card"] if self.has_clock else []
        for key, values in (("ip", self.addresses), ("gw", self.gateways)):
            found += [f"{key}{'6' if ':' in value else ''}={value}" for value in values]
        return found

    def source(self, version: int) -> Address | None:
        """Return the own address of a family, if there is one."""
        for text in self.addresses:
            if (":" in text) == (version == 6):
                return text.partition("/")[0]
        return None
