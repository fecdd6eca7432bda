"""The stream of events that a job gives. Mirrors `netsonde-probe/src/event.rs`."""

from enum import StrEnum
from functools import cache

import msgspec

from netsonde.model._alias import AliasResult
from netsonde.model._base import Address, Record, UInt32, UInt64
from netsonde.model._fingerprint import FingerprintResult
from netsonde.model._job import Kind, Privilege
from netsonde.model._multipath import MultipathResult
from netsonde.model._reply import Counters, Reply
from netsonde.model._runtime import RuntimeRecord
from netsonde.model._tcp import TcpResult
from netsonde.model._tnt import TntResult
from netsonde.model._trace import Hop, PingResult, TraceResult


class LinkKind(StrEnum):
    """How packets leave a host."""

    FRAMES = "frames"
    RAW = "raw"
    UNPRIVILEGED = "unprivileged"


class LinkUsed(Record, frozen=True, kw_only=True):
    """A way by which packets may leave.

    Attributes:
        link: Ethernet frames, raw sockets, or sockets that need no right.
        interface: Name of the interface by which frames leave; null for sockets.
    """

    link: LinkKind
    interface: str | None = None

    def __str__(self) -> str:
        if self.link is LinkKind.FRAMES:
            return f"frames on {self.interface}"
        return "raw sockets" if self.link is LinkKind.RAW else "unprivileged sockets"


class Start(Record, frozen=True, kw_only=True, tag_field="type", tag="start"):
    """The job was accepted.

    Attributes:
        schema: Version of the schema.
        job: The job's id.
        kind: What is measured.
        privilege: What the vantage sees.
        targets: How many targets the job names; those that stream in later are not among them.
        seed: Repeats the run where the world repeats itself.
        epoch_ns: Unix time at the zero of the vantage's clock, in nanoseconds: added to any other
            time of the stream it gives that time's Unix time. Null where time is virtual.
        runtime: What ran the engine, where it was an image; null on this host itself and in labs.
        links: The ways by which packets may leave, the first one wherever it can be taken; empty
            where no packet leaves the process. The counter `frames` tells what was taken.
    """

    schema: int
    job: str
    kind: Kind
    privilege: Privilege
    targets: UInt32
    seed: UInt64
    epoch_ns: UInt64 | None = None
    runtime: RuntimeRecord | None = None
    links: tuple[LinkUsed, ...] = ()


class PingReply(Record, frozen=True, kw_only=True, tag_field="type", tag="ping-reply"):
    """One ping reply, as it comes; the result repeats it.

    Attributes:
        target: Address measured.
        reply: What came.
    """

    target: Address
    reply: Reply


class HopSettled(Record, frozen=True, kw_only=True, tag_field="type", tag="hop"):
    """One hop settled, in order of TTL, as it comes; the result repeats it.

    Attributes:
        target: Address measured.
        hop: The hop.
    """

    target: Address
    hop: Hop


class Progress(Record, frozen=True, kw_only=True, tag_field="type", tag="progress"):
    """How far the job has come, as often as it asked for.

    Attributes:
        sent: Probes sent.
        received: Authentic replies, first and in time.
        targets_begun: Targets under way or done.
        targets_done: Targets with a result.
        in_flight: Probes awaiting a reply.
        elapsed_ns: Time since the start of the job, in nanoseconds.
    """

    sent: UInt64
    received: UInt64
    targets_begun: UInt32
    targets_done: UInt32
    in_flight: UInt32
    elapsed_ns: UInt64


class Done(Record, frozen=True, kw_only=True, tag_field="type", tag="done"):
    """The job ended; nothing follows.

    Attributes:
        counters: What was sent and received.
        targets_done: Targets with a result.
        duration_ns: How long it took, in nanoseconds.
    """

    counters: Counters
    targets_done: UInt32
    duration_ns: UInt64


class Failed(Record, frozen=True, kw_only=True, tag_field="type", tag="failed"):
    """The job failed; nothing follows.

    Attributes:
        reason: What happened.
        hint: What to do about it; empty if there is nothing to say.
    """

    reason: str
    hint: str = ""


#: What a measurement of one target gives.
Result = (
    PingResult
    | TraceResult
    | TntResult
    | AliasResult
    | MultipathResult
    | FingerprintResult
    | TcpResult
)

#: One line of the stream: a start, results as they come, exactly one `done` or `failed`.
Event = Start | PingReply | HopSettled | Result | Progress | Done | Failed


def decode_event(line: bytes) -> Event:
    """Return the event that one line of the stream holds.

    Raises:
        msgspec.DecodeError: It is no JSON (offset in the message).
        msgspec.ValidationError: It is no event of this version.
    """
    return _decoder().decode(line)


@cache
def _decoder() -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(Event)
