"""Netsonde's own JSON Lines: the events of `--json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from netsonde.formats._record import Measured
from netsonde.formats._results import result_of
from netsonde.formats._values import lines
from netsonde.model import (
    SCHEMA,
    Annotation,
    Counters,
    Done,
    Event,
    FormatError,
    Identification,
    Kind,
    PingResult,
    Privilege,
    Result,
    Start,
    TntResult,
    TraceResult,
    responders,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netsonde.formats._losses import Losses
    from netsonde.formats._record import Record
    from netsonde.formats._stream import Source
    from netsonde.model import Address

#: Addresses of which something is remembered.
ANNOTATIONS_MAX: Final = 1 << 20
#: The kind of job that gives a result; of one that is not named here, its tag says it.
_KINDS: dict[type, Kind] = {
    PingResult: Kind.PING,
    TraceResult: Kind.TRACE,
    TntResult: Kind.TNT,
}

_DECODER: msgspec.json.Decoder[Event | Annotation | Identification] = msgspec.json.Decoder(
    Event | Annotation | Identification
)


def read_jsonl(source: Source) -> Iterator[Measured]:
    """Yield the results of a stream of events, or of several after each other.

    What the stream says of addresses comes with the results that they replied in.

    Raises:
        FormatError: A line is no event of this version; what came before was yielded.
    """
    start: Start | None = None
    known: dict[Address, Annotation] = {}
    for number, offset, line in lines(source):
        try:
            event = _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            message = f"line {number}: no event of netsonde: {error}"
            raise FormatError(message, offset=offset) from None
        if isinstance(event, Start):
            start = event
        elif isinstance(event, Annotation):
            if len(known) < ANNOTATIONS_MAX:
                known[event.address] = event
        elif isinstance(event, Result):
            yield Measured(
                result=event,
                epoch_ns=start.epoch_ns if start else None,
                job=start.job if start else "",
                annotations=tuple(known[one] for one in responders(event) if one in known),
            )


def jsonl_bytes(records: Iterable[Record], losses: Losses) -> Iterator[bytes]:
    """Yield results as events, a stream of its own for each job and clock."""
    stream: tuple[str, int | None] | None = None
    counters, told = _Counters(), set[Annotation]()
    for record in records:
        found = result_of(record, losses)
        if found is None:
            continue
        if (found.job, found.epoch_ns) != stream:
            if stream is not None:
                yield counters.done()
            stream = (found.job, found.epoch_ns)
            counters, told = _Counters(), set()
            yield _start(found)
        counters.add(found.result)
        for each in found.annotations:
            if each not in told and len(told) < ANNOTATIONS_MAX:
                told.add(each)
                yield msgspec.json.encode(each) + b"\n"
        yield msgspec.json.encode(found.result) + b"\n"
    if stream is not None:
        yield counters.done()


class _Counters:
    """What the results of a stream sent and received."""

    def __init__(self) -> None:
        self._sent = self._received = self._targets = 0

    def add(self, result: Result) -> None:
        """Count a result."""
        self._targets += 1
        match result:
            case PingResult():
                self._sent += result.sent
                self._received += len(result.replies)
            case TraceResult():
                self._sent += result.sent
                self._received += sum(len(hop.replies) for hop in result.hops)
            case TntResult():
                self._sent += result.sent_trace + result.sent_ping + result.sent_revelation
                self._received += sum(len(hop.replies) for hop in result.trace.hops)
            case _:
                pass

    def done(self) -> bytes:
        """Return the last event."""
        counters = Counters(sent=self._sent, received=self._received)
        event = Done(counters=counters, targets_done=self._targets, duration_ns=0)
        return msgspec.json.encode(event) + b"\n"


def _start(found: Measured) -> bytes:
    kind = _KINDS.get(type(found.result)) or Kind(str(type(found.result).__struct_config__.tag))
    start = Start(
        schema=SCHEMA,
        job=found.job,
        kind=kind,
        privilege=Privilege.RAW,
        targets=0,
        seed=0,
        epoch_ns=found.epoch_ns,
    )
    return msgspec.json.encode(start) + b"\n"
