"""The routers that results show: addresses for alias resolution, from whatever holds paths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netsonde.model import (
    MultipathResult,
    ReplyKind,
    TntResult,
    TraceResult,
    UsageError,
    decode_event,
)
from netsonde.store._dataset import Dataset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netsonde.model import Address, Event, Hop
    from netsonde.store._query import Query

#: Addresses told apart in memory; those of a dataset are told apart by DuckDB.
ADDRESSES_MAX = 4_194_304

_SQL = """
SELECT address FROM hops WHERE kind = 'time-exceeded'
UNION SELECT address FROM tunnel_routers WHERE address IS NOT NULL"""


def router_addresses(source: Path | str) -> Iterator[Address]:
    """Yield each address that a router of a path has shown, once.

    Those are the addresses that said "time exceeded", and those of routers that tunnels hide. A
    target that answered is no router for that.

    Args:
        source: The directory of a campaign, or a file of results in any format that `convert`
            reads: JSON lines, warts, scamper's or RIPE Atlas' JSON.

    Raises:
        UsageError: Nothing tells the format of the file, or it shows too many addresses.
        FormatError: It is damaged.
        HostError: It cannot be read.

    Examples:
        >>> list(router_addresses("no such file"))
        Traceback (most recent call last):
        netsonde.model._errors.HostError: cannot read no such file: No such file or directory
    """
    path = Path(source)
    if path.is_dir():
        yield from _of_dataset(Dataset(path))
    else:
        yield from _of_file(path)


def _of_dataset(dataset: Dataset) -> Iterator[Address]:
    with dataset.query() as query:
        rare = dict.fromkeys(
            address
            for record in _column(query, "SELECT record FROM records WHERE type = 'multipath'")
            for address in _of_multipath(decode_event(record.encode()))
        )
        for address in _column(query, _SQL):
            rare.pop(address, None)
            yield address
    yield from rare


def _column(query: Query, sql: str) -> Iterator[str]:
    found = query.run(sql)
    assert found is not None, "it selects"
    for batch in query.batches(found):
        yield from batch.column(0).to_pylist()


def _of_file(path: Path) -> Iterator[Address]:
    from netsonde.formats import measured, read  # noqa: PLC0415 - datasets do without

    seen: set[Address] = set()
    for record in read(path):
        found = measured(record)
        result = found.result if found is not None else None
        if isinstance(result, TraceResult):
            addresses: Iterable[str] = _of_hops(result.hops)
        elif isinstance(result, TntResult):
            addresses = [*_of_hops(result.trace.hops), *_of_tunnels(result)]
        else:
            addresses = _of_multipath(result)
        for address in addresses:
            if address not in seen:
                seen.add(address)
                yield address
        if len(seen) > ADDRESSES_MAX:
            message = f"{path} shows more than {ADDRESSES_MAX} addresses"
            raise UsageError(message, "`netsonde convert` makes smaller files of it")


def _of_hops(hops: Iterable[Hop]) -> Iterator[Address]:
    for hop in hops:
        for reply in hop.replies:
            if reply.kind is ReplyKind.TIME_EXCEEDED:
                yield reply.responder


def _of_tunnels(result: TntResult) -> Iterator[Address]:
    for tunnel in result.tunnels:
        for router in (tunnel.ingress, *tunnel.lsrs, tunnel.egress):
            if router is not None and router.address is not None:
                yield router.address


def _of_multipath(result: Event | None) -> Iterator[Address]:
    for node in result.nodes if isinstance(result, MultipathResult) else ():
        if node.address is not None and node.end is None:
            yield node.address
