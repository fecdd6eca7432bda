"""Any records as scamper's: lists and cycles around them, tunnels as traces of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from netsonde.formats._from_model import scamper_ping, scamper_trace
from netsonde.formats._from_multipath import scamper_multipath
from netsonde.formats._record import Measured, Packet, Skipped, kind_of
from netsonde.formats._scamper import ScamperCycle, ScamperCycleStop, ScamperList
from netsonde.formats._tunnels import revelations
from netsonde.formats._warts_scope import address_bytes
from netsonde.model import MultipathResult, PingResult, TntResult, Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde.formats._losses import Losses
    from netsonde.formats._record import Record
    from netsonde.formats._warts import WartsRecord

#: The list of what was measured, where the source has none.
LIST = ScamperList(name="netsonde", description="measured by netsonde")
#: The list of the traces that revealed tunnels.
REVELATIONS = ScamperList(
    list_id=1, name="netsonde-tnt-revelations", description="traces that revealed tunnels"
)
_SECOND_NS = 1_000_000_000
_U32_MAX = 4_294_967_295


class ToScamper:
    """Turns records into scamper's.

    Args:
        losses: Where to note what they are written without.
    """

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._cycle: ScamperCycle | None = None
        self._ended_s = 0

    def records(self, record: Record) -> Iterator[WartsRecord]:
        """Yield what one record becomes."""
        if isinstance(record, Packet | Skipped):
            self._losses.record(kind_of(record))
        elif not isinstance(record, Measured):
            yield record
        elif not _addresses_are(record):
            self._losses.record(f"{kind_of(record)} with an address that is none")
        else:
            yield from self._measured(record)

    def end(self) -> Iterator[WartsRecord]:
        """Yield what closes the file."""
        if self._cycle is not None:
            yield ScamperCycleStop(cycle=self._cycle, stopped_s=self._ended_s)

    def _measured(self, found: Measured) -> Iterator[WartsRecord]:
        told, cycle = found.list, found.cycle
        result = found.result
        if isinstance(result, PingResult):
            started_ns, ended_ns = result.started_ns, result.ended_ns
        elif isinstance(result, TntResult):
            started_ns, ended_ns = result.trace.started_ns, result.trace.ended_ns
        elif isinstance(result, Trace | MultipathResult):
            started_ns, ended_ns = result.started_ns, result.ended_ns
        else:
            self._losses.record(kind_of(found))
            return
        if told is None:
            told, cycle = LIST, self._cycle
            if cycle is None:
                cycle = self._cycle = _cycle(found, started_ns)
                yield cycle
            self._ended_s = max(self._ended_s, _seconds(found, ended_ns))
        if any(each.asn is not None or each.country for each in found.annotations):
            self._losses.field("systems and places of addresses")
        if isinstance(result, PingResult):
            yield scamper_ping(result, found, told, cycle)
            return
        if isinstance(result, MultipathResult):
            self._losses.field("kinds of balancers, diamonds, and tunnels of multipath traces")
            yield scamper_multipath(result, found, told, cycle)
            return
        trace = result.trace if isinstance(result, TntResult) else result
        if trace.late or trace.duplicates:
            self._losses.field("the number of late and of duplicate replies")
        yield scamper_trace(trace, found, told, cycle)
        if isinstance(result, TntResult):
            self._losses.field("classes, triggers and vendors of tunnels")
            for each in revelations(result):
                yield structs.replace(scamper_trace(each, found, REVELATIONS, cycle), attempts=None)


def _cycle(found: Measured, started_ns: int) -> ScamperCycle:
    started_s = _seconds(found, started_ns)
    return ScamperCycle(list=LIST, cycle_id=1, started_s=started_s, host=found.job or None)


def _seconds(found: Measured, time_ns: int) -> int:
    return min(max(0, found.unix_ns(time_ns) // _SECOND_NS), _U32_MAX)


def _addresses_are(found: Measured) -> bool:
    """Return whether what should be addresses are: other programs may have written the file."""
    result = found.result
    trace = result.trace if isinstance(result, TntResult) else result
    texts: set[str] = set()
    if isinstance(trace, PingResult | Trace):
        texts = {trace.target, trace.source}
    if isinstance(trace, PingResult):
        texts |= {reply.responder for reply in trace.replies}
    elif isinstance(trace, Trace):
        texts |= {reply.responder for hop in trace.hops for reply in hop.replies}
    if isinstance(result, MultipathResult):
        texts = {result.target, result.source}
        texts |= {node.address for node in result.nodes if node.address is not None}
        texts |= {probe.reply.responder for probe in result.probes if probe.reply}
    if isinstance(result, TntResult):
        texts |= {one.address for tunnel in result.tunnels for one in tunnel.routers if one.address}
        texts |= {attempt.target for tunnel in result.tunnels for attempt in tunnel.attempts}
    try:
        for text in texts:
            address_bytes(text)
    except ValueError:
        return False
    return True
