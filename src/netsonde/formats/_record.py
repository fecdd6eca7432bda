"""What files are read into, and written from."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from netsonde.formats._scamper import ScamperCycle, ScamperList
from netsonde.formats._scamper_ping import Opaque
from netsonde.formats._warts import WartsRecord
from netsonde.model import Address, Annotation, Result


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A result of netsonde, with what a file says around it.

    Attributes:
        result: The result. Its times are on the clock of whoever measured it.
        epoch_ns: Unix time at that clock's zero, in nanoseconds; None if nobody knows.
        job: Identifier of the job, or of the measurement; empty if there is none.
        list: The list it is of, where the file has lists.
        cycle: The cycle it is of, where the file has cycles.
        user_id: A number of the user's.
        annotations: What its file says of the addresses that replied: names, systems, places.
        extra: What else its file says of it, by the names of that format.
    """

    result: Result
    epoch_ns: int | None = None
    job: str = ""
    list: ScamperList | None = None
    cycle: ScamperCycle | None = None
    user_id: int = 0
    annotations: tuple[Annotation, ...] = ()
    extra: dict[str, Any] = {}

    @property
    def names(self) -> dict[Address, str]:
        """The name of each address that has one."""
        return {each.address: each.names[0] for each in self.annotations if each.names}

    def unix_ns(self, time_ns: int) -> int:
        """Return the Unix time of one of the result's times, in nanoseconds.

        Where nobody knows the clock's zero, it is taken for that of Unix.
        """
        return (self.epoch_ns or 0) + time_ns


class Direction(enum.IntEnum):
    """Which way a packet went; the numbers are pcapng's."""

    UNKNOWN = 0
    RECEIVED = 1
    SENT = 2


class Packet(msgspec.Struct, frozen=True, kw_only=True):
    """A packet of a capture.

    Attributes:
        data: The packet, from the header of its link layer on.
        time_ns: When it was captured, Unix time in nanoseconds.
        link_type: What `data` begins with: 1 Ethernet, 101 an IP header.
        size: Its size on the wire; more than `data` if it was cut.
        direction: Which way it went.
        comment: What the capture says of it.
        section_comment: What it says of all of them: our captures name the job.
    """

    data: bytes
    time_ns: int
    link_type: int
    size: int
    direction: Direction = Direction.UNKNOWN
    comment: str = ""
    section_comment: str = ""


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A record of a kind that netsonde does not know, of which only that is kept.

    Attributes:
        kind: What its format calls it.
    """

    kind: str


#: One record of a file.
Record = WartsRecord | Measured | Packet | Skipped


def kind_of(record: Record) -> str:
    """Return what to call a record where it is counted."""
    match record:
        case Measured():
            return type(record.result).__name__
        case Skipped():
            return record.kind
        case Opaque():
            return f"warts record of type 0x{record.type_:04x}"
        case _:
            return type(record).__name__
