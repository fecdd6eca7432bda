"""Records as results of netsonde, with a note of what gets lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsonde.formats._from_multipath import METHODS
from netsonde.formats._record import Measured, kind_of
from netsonde.formats._scamper import ScamperCycle, ScamperCycleStop, ScamperList, ScamperTrace
from netsonde.formats._scamper_names import MULTIPATH_METHODS, PING_METHODS, TRACE_METHODS, name
from netsonde.formats._scamper_ping import ScamperMultipath, ScamperPing
from netsonde.formats._to_model import measured

if TYPE_CHECKING:
    from netsonde.formats._losses import Losses
    from netsonde.formats._record import Record

#: Methods of scamper that netsonde has too.
_TRACES = {3, 4, 5}
_PINGS = {0, 1, 3, 6}
_MULTIPATHS = set(METHODS.values())


def result_of(record: Record, losses: Losses) -> Measured | None:
    """Return a record as a result of netsonde; None, and a note of it, if it is none."""
    if isinstance(record, ScamperList | ScamperCycle | ScamperCycleStop):
        losses.field("lists and cycles")
        return None
    found = measured(record)
    if found is None:
        losses.record(kind_of(record))
    elif not isinstance(record, Measured):
        _note(record, losses)
    return found


def _note(record: Record, losses: Losses) -> None:
    losses.field("scamper's options: limits, waits, sizes, ports, flags, user ids")
    if isinstance(record, ScamperTrace):
        if (record.method or 0) not in _TRACES:
            told = name(TRACE_METHODS, record.method)
            losses.field(f"the method {told} of traces: told as its nearest")
        if record.pmtud or record.doubletree or record.last_ditch:
            losses.field("path MTU discovery, doubletree and last-ditch probes of traces")
    elif isinstance(record, ScamperPing):
        if (record.method or 0) not in _PINGS:
            told = name(PING_METHODS, record.method)
            losses.field(f"the method {told} of pings: told as its nearest")
        if any(reply.route or reply.stamps or reply.icmp_times for reply in record.replies):
            losses.field("record route and timestamps of pings")
    elif isinstance(record, ScamperMultipath) and (record.method or 0) not in _MULTIPATHS:
        told = name(MULTIPATH_METHODS, record.method)
        losses.field(f"the method {told} of multipath traces: told as its nearest")
