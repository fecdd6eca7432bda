"""From rows back to records, one measurement at a time."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from netsonde.model import FormatError, PingResult, TntResult, TraceResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

T = TypeVar("T", bound=msgspec.Struct)
Row = dict[str, Any]

#: Records count nanoseconds, rows microseconds.
_NS = 1_000


class Unit(Protocol):
    """Rows that belong together: the parts, or the spools, of one generation."""

    @property
    def epoch_ns(self) -> int:
        """Unix time at which the vantage's clock began, in nanoseconds."""

    def batches(self, table: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a table in the order they were written."""


def pings(unit: Unit) -> Iterator[PingResult]:
    """Yield the pings.

    Raises:
        FormatError: Rows do not make a record.
    """
    epoch_ns = unit.epoch_ns
    for _, group in groupby(_rows(unit.batches("pings")), key=itemgetter("ping")):
        yield _made(_ping(list(group), epoch_ns), PingResult)


def paths(unit: Unit) -> Iterator[TraceResult | TntResult]:
    """Yield the traces, those of `tnt` with their tunnels.

    Raises:
        FormatError: Rows do not make a record, or some are missing.
    """
    hops = _Followers(unit.batches("hops"))
    tunnels = _Followers(unit.batches("tunnels"))
    routers = _Followers(unit.batches("tunnel_routers"))
    failed = _Followers(unit.batches("failed_revelations"))
    epoch_ns = unit.epoch_ns
    for row in _rows(unit.batches("traces")):
        number = row["trace"]
        own = [list(rows) for _, rows in groupby(hops.of(number), key=itemgetter("ttl"))]
        trace = _trace(row, own, epoch_ns)
        if row["kind"] == "trace":
            yield _made(trace, TraceResult)
            continue
        found = [_tunnel(tunnel) for tunnel in tunnels.of(number)]
        for router in routers.of(number):
            _place(router, found)
        tnt = {
            "trace": trace,
            "hops": _tnt_hops(row, own),
            "tunnels": found,
            "failed": [_failed(one) for one in failed.of(number)],
            **_some(row, ("sent_trace", "sent_ping", "sent_revelation", "incomplete")),
        }
        yield _made(tnt, TntResult)


class _Followers:
    """Rows that belong to numbered ones, in the same order."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._groups = groupby(_rows(batches), key=itemgetter("trace"))
        self._next: tuple[int, list[Row]] | None = None

    def of(self, number: int) -> list[Row]:
        """Return the rows of a number, which is larger than that of the call before."""
        while self._next is None or self._next[0] < number:
            group = next(self._groups, None)
            if group is None:
                return []
            self._next = group[0], list(group[1])
        return self._next[1] if self._next[0] == number else []


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[Row]:
    for batch in batches:
        names = batch.schema.names
        columns = (_values(column) for column in batch.columns)
        for values in zip(*columns, strict=True):
            yield dict(zip(names, values, strict=True))


def _values(column: pa.Array) -> list[Any]:
    import pyarrow as pa  # noqa: PLC0415

    # A `datetime` has no nanoseconds.
    exact = column.view(pa.int64()) if pa.types.is_timestamp(column.type) else column
    values: list[Any] = exact.to_pylist()
    return values


def _made(fields: Row, record: type[T]) -> T:
    try:
        return msgspec.convert(fields, record)
    except msgspec.ValidationError as error:
        message = f"rows make no {record.__name__}: {error}"
        raise FormatError(message, "the dataset is damaged, or of another version") from None


def _ping(rows: list[Row], epoch_ns: int) -> Row:
    first = rows[0]
    names = ("target", "source", "method", "sent", "duplicates", "late", "incomplete")
    clock = _clock(first, epoch_ns)
    return {
        **_some(first, names),
        **clock,
        "replies": _replies(rows, "responder", clock["started_ns"]),
    }


def _trace(row: Row, hops: list[list[Row]], epoch_ns: int) -> Row:
    if len(hops) != row["hops"]:
        message = f"trace {row['trace']} has {row['hops']} hops, but rows of {len(hops)}"
        raise FormatError(message, "the dataset is damaged")
    names = (
        "target",
        "source",
        "method",
        "flow",
        "first_ttl",
        "stop",
        "sent",
        "duplicates",
        "late",
    )
    clock = _clock(row, epoch_ns)
    return {
        **_some(row, names),
        **clock,
        "hops": [_hop(rows, clock["started_ns"]) for rows in hops],
        "path_mtu": row["path_mtu"] and _object(row["path_mtu"]),
    }


def _clock(row: Row, epoch_ns: int) -> dict[str, int]:
    started_ns = row["started"] * _NS - epoch_ns
    return {"started_ns": started_ns, "ended_ns": started_ns + row["duration_us"] * _NS}


def _hop(rows: list[Row], started_ns: int) -> Row:
    first = rows[0]
    return {
        "probe_ttl": first["ttl"],
        "sent": first["sent"],
        "replies": _replies(rows, "address", started_ns),
    }


def _replies(rows: list[Row], address: str, started_ns: int) -> list[Row]:
    return [
        {"responder": row[address], **_some(row, _REPLY), **_rest(row, started_ns)}
        for row in rows
        if row[address] is not None
    ]


def _rest(row: Row, started_ns: int) -> Row:
    made: Row = {"labels": _labels(row), **_rtt(row)}
    if row["sent_after_us"] is not None:
        made["sent_ns"] = started_ns + row["sent_after_us"] * _NS
    if row["extensions"] is not None:
        made["extensions"] = _json(row["extensions"])
    return made


def _labels(row: Row) -> list[Row]:
    return [
        {
            "label": entry >> 12,
            "tc": entry >> 9 & 7,
            "bottom": bool(entry >> 8 & 1),
            "ttl": entry & 255,
        }
        for entry in row["labels"] or ()
    ]


def _tnt_hops(row: Row, hops: list[list[Row]]) -> list[Row]:
    if row["tnt_hops"] is not None:
        return _json(row["tnt_hops"])
    return [_tnt_hop(rows[0]) for rows in hops]


def _tnt_hop(row: Row) -> Row:
    return {
        "probe_ttl": row["ttl"],
        "address": row["address"],
        "facts": _facts(row, "reply_ttl"),
        "vendors": row["vendors"] or [],
        "labels": _labels(row),
    }


def _facts(row: Row, te_ttl: str) -> Row | None:
    if row["signature_te"] is None:
        return None
    names = ("er_ttl", "quoted_ttl", "frpla", "rtla", "uturn", "reserved")
    signature = row["signature_te"], row["signature_er"]
    return {**_some(row, names), **_rtt(row), "te_ttl": row[te_ttl], "signature": signature}


def _rtt(row: Row) -> Row:
    return {} if row["rtt_us"] is None else {"rtt_ns": row["rtt_us"] * _NS}


def _tunnel(row: Row) -> Row:
    names = ("class", "method", "ingress_ttl", "egress_ttl", "inferred_length", "completeness")
    lists: Row = {"triggers": row["triggers"] or [], "attempts": row["attempts"] or []}
    return {**_some(row, (*names, "stop")), **lists, "lsrs": []}


def _place(row: Row, tunnels: list[Row]) -> None:
    """Put a router into its tunnel."""
    router = {
        **_some(row, ("address", "step", "method")),
        "probe_ttl": row["ttl"],
        "hop": _facts(row, "te_ttl"),
        "vendors": row["vendors"] or [],
        "labels": _labels(row),
    }
    if row["tunnel"] >= len(tunnels):
        message = f"trace {row['trace']} has no tunnel {row['tunnel']}, but a router in it"
        raise FormatError(message, "the dataset is damaged")
    tunnel = tunnels[row["tunnel"]]
    if row["role"] == "lsr":
        tunnel["lsrs"].append(router)
    else:
        tunnel[row["role"]] = router


def _failed(row: Row) -> Row:
    names = ("entry", "exit", "exit_ttl", "trigger")
    return {**_some(row, names), "attempts": row["attempts"] or []}


def _some(row: Row, names: Iterable[str]) -> Row:
    return {name: row[name] for name in names if row[name] is not None}


def _object(text: str) -> Row:
    (one,) = _json(f"[{text}]")
    return one


def _json(text: str) -> list[Row]:
    try:
        return msgspec.json.decode(text, type=list[Row])
    except msgspec.DecodeError as error:
        message = f"a column of JSON has something else: {error}"
        raise FormatError(message, "the dataset is damaged") from None


#: Columns of a reply that the record calls the same.
_REPLY = (
    "attempt",
    "kind",
    "reply_ttl",
    "reply_tos",
    "ip_id",
    "size",
    "icmp_type",
    "icmp_code",
    "quoted_ttl",
    "quoted_tos",
    "mtu",
)
