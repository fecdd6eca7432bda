"""The tables of a dataset: every column with its type and meaning.

The page `docs/reference/tables.md` is made from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

#: Version of the tables; a dataset of a newer one is refused.
VERSION = 2


class Column(NamedTuple):
    """One column."""

    name: str
    type: str
    """As Arrow and DuckDB know it; a `?` at its end: may be null."""
    meaning: str


class Table(NamedTuple):
    """One table."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    serial: str | None = None
    """The column with numbers that a run counts from 0, and the dataset makes unique."""
    time: str | None = None
    """The column that becomes `started`: nanoseconds on the vantage's clock."""


def _columns(text: str) -> tuple[Column, ...]:
    rows = (line.split(None, 2) for line in text.strip().splitlines())
    return tuple(Column(name, kind, meaning) for name, kind, meaning in rows)


_RESULT_SERIAL = "unique in the dataset; its run is `{0} >> 40`"

_REPLY = """
attempt      uint32?  number of the probe, from 1, within its TTL or ping; null: no reply
kind         name?    what came back: `echo-reply`, `time-exceeded`, `unreachable`, ...
sent_after_us  int64?  when the probe left, after the start, to the nearest 100 microseconds
rtt_us       uint32?  round-trip time, microseconds
reply_ttl    uint8?   IP TTL of the reply as received
reply_tos    uint8?   TOS or traffic class of the reply
ip_id        uint32?  IP identification of the reply
size         uint16?  whole IP packet, bytes
icmp_type    uint8?   null for TCP and UDP replies
icmp_code    uint8?   null for TCP and UDP replies
quoted_ttl   uint8?   IP TTL of the probe as an error quotes it
quoted_tos   uint8?   TOS or traffic class of the probe as an error quotes it
mtu          uint32?  next-hop MTU of "fragmentation needed" and "packet too big", bytes
labels       uint32[]?  label stack entries (RFC 4950) as on the wire, top first; null: none
extensions   json?    other extension objects (RFC 4884) as JSON; null: none
"""

_FACTS = """
er_ttl        uint8?   IP TTL of its echo reply; tnt only, as the columns below
signature_te  uint8?   inferred initial TTL of its errors; 0: unknown
signature_er  uint8?   inferred initial TTL of its echo replies; 0: unknown
frpla         int16?   return path length minus forward path length, hops
rtla          int16?   return path length of errors minus that of echo replies, hops
uturn         int16?   the same difference whatever the signature
reserved      bool?    whether the address is reserved, so that it was not probed
vendors       vendors?  vendors that the signature may mean, likeliest first
"""

_PINGS = _columns(
    f"""
ping         uint64   number of the ping, {_RESULT_SERIAL.format("ping")}
target       address  address measured
source       address  address measured from
method       name     probe: `icmp`, `udp`, `tcp-syn` or `tcp-ack`
sent         uint32   probes to this target, on each of its rows
duplicates   uint32   further replies to probes already answered, on each row of the ping
late         uint32   replies after their timeout, on each row of the ping
started      time     start, UTC, on each row of the ping
duration_us  int64    from start to end, microseconds, on each row of the ping
incomplete   bool     whether a budget or the deadline cut the ping short
responder    address?  address that replied; null: the target did not answer
"""
    + _REPLY.strip()
)

_TRACES = _columns(
    f"""
trace            uint64    number of the trace, {_RESULT_SERIAL.format("trace")}
kind             name      `trace` or `tnt`
target           address   address measured
source           address   address measured from
method           name      probe: `icmp-paris`, `udp-paris` or `tcp-syn`
flow             uint16    Paris flow identifier
first_ttl        uint8     TTL of the first hop
stop             name      why it ended: `completed`, `gap-limit`, `unreachable`, ...
hops             uint16    TTLs up to the last that matters
sent             uint32    probes
duplicates       uint32    further replies to probes already answered
late             uint32    replies after their wait
started          time      start, UTC
duration_us      int64     from start to end, microseconds
mtu              uint16?   path MTU, bytes; null if it was not asked for, or not found out
path_mtu         json?     how it was found, hop by hop; null if it was not asked for
tunnels          uint16?   tunnels on the path; tnt only, as the columns below
sent_trace       uint32?   probes of the first trace
sent_ping        uint32?   probes of the pings
sent_revelation  uint32?   probes of the revelation traces
incomplete       bool?     whether a budget or the deadline cut it short
tnt_hops         json?     hops as JSON where the rows of `hops` cannot tell all; nearly always null
"""
)

_HOPS = _columns(
    """
trace    uint64    the row of `traces` it belongs to
target   address   address measured
ttl      uint8     TTL of the probes
sent     uint8     probes with this TTL, on each row of the hop
address  address?  the router's address; null: silent
"""
    + _REPLY.strip()
    + _FACTS.rstrip()
)

_ATTEMPTS = "attempts?  revelation traces: target, step, method, flow, buddy, outcome, sent"

_TUNNELS = _columns(
    f"""
trace            uint64    the row of `traces` it belongs to
target           address   address measured
tunnel           uint16    its index on the path, from 0
class            name      `explicit`, `implicit`, `opaque`, `invisible-php` or `invisible-uhp`
triggers         name[]?   the evidence: `labels`, `qttl`, `uturn`, `rtla`, `frpla`, ...
method           name?     how its routers were revealed; null if none was
ingress_ttl      uint8?    TTL of the last hop before it, silent or not
egress_ttl       uint8?    TTL of the hop that closes it
ingress          address?  the label edge router where packets enter
egress           address?  the label edge router where packets leave
length           uint16    routers known between the two, visible or revealed
hidden           uint16    routers that plain traceroute does not show, its ends included
inferred_length  uint8?    hidden routers inferred from RTLA, FRPLA or the LSE TTL
completeness     name      `complete`, `incomplete` or `visible`
stop             name?     why revelation stopped, if it is incomplete
sent             uint32    probes of its revelation
attempts         {_ATTEMPTS}
"""
)

_ROUTERS = _columns(
    """
trace       uint64     the row of `traces` it belongs to
tunnel      uint16     the row of `tunnels` it belongs to
position    uint16     place in the tunnel, from 0 at its first known router
role        name       `ingress`, `lsr` or `egress`
address     address?   null: it is there but silent
ttl         uint8?     TTL in the first trace; null if plain traceroute does not show it
step        uint8?     revelation step that found it, from 1; null if it was visible
method      name?      how it was revealed: `dpr`, `brpr`, `buddy` or `unknown`
rtt_us      uint32?    round-trip time, microseconds
te_ttl      uint8?     IP TTL of its time-exceeded (or final) reply
quoted_ttl  uint8?     IP TTL of the probe as the router quoted it
labels      uint32[]?  label stack entries (RFC 4950) as on the wire, top first; null: none
"""
    + _FACTS.strip()
)

_FAILED = _columns(
    f"""
trace     uint64   the row of `traces` it belongs to
target    address  address measured
position  uint16   its index among those of the trace, from 0
entry     address  hop before the suspected tunnel
exit      address  hop after it
exit_ttl  uint8    TTL of the exit in the first trace
trigger   name     the evidence that was not confirmed
sent      uint32   probes of its revelation
attempts  {_ATTEMPTS}
"""
)

_ALIASES = _columns(
    """
run             uint32    the row of `runs` that found it
router          address   the first address of its router, which names it
address         address   the address
is_target       bool      whether it was asked for; the others answered for one, or lie beside it
methods         name[]?   methods that found the router; null if the address is alone
false_positive  float64?  how likely strangers would be taken for it, 0 to 1; null if it is alone
probe           name?     probe whose replies show the IP identification
class           name      what its identifications are like: `counter`, `random`, `zero`, ...
byte_swapped    bool      whether its counter is written in the wrong byte order
velocity        float64?  counts per second; null if it is no counter
sent            uint32    probes to it
received        uint32    replies
"""
)

_ALIAS_PAIRS = _columns(
    """
run             uint32    the row of `runs` that tested it
a               address   the lower address
b               address   the higher one
method          name      method of the test
verdict         name      `alias`, `not` or `unknown`
samples         uint32    replies that it rests on
rounds          uint32    repeats of the test that were passed
bounds          uint32    bounds of the monotonic bounds test that were looked at
distance        uint32?   ally: largest step in sequence; radargun: mean distance
false_positive  float64?  how likely two strangers would have passed, 0 to 1
"""
)

_RECORDS = _columns(
    """
type    name      type of the result: `multipath`, `alias`, `dns`, `fingerprint`, `tcp`, ...
target  address?  address measured, or the name asked for; null if there is no single one
record  json      the result as `--json` prints it
"""
)

#: Every table, each before those that hang on it.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "pings",
            "One row per reply to a ping; one with nulls for a target that did not answer.",
            _PINGS,
            serial="ping",
            time="started_ns",
        ),
        Table(
            "traces",
            "One row per path, of `trace` and of `tnt`.",
            _TRACES,
            serial="trace",
            time="started_ns",
        ),
        Table(
            "hops",
            "One row per reply of a hop; one with nulls for a silent hop.",
            _HOPS,
            serial="trace",
        ),
        Table("tunnels", "One row per MPLS tunnel of a path.", _TUNNELS, serial="trace"),
        Table(
            "tunnel_routers",
            "One row per router of a tunnel, revealed or visible, its ends included.",
            _ROUTERS,
            serial="trace",
        ),
        Table(
            "failed_revelations",
            "One row per revelation that found no tunnel.",
            _FAILED,
            serial="trace",
        ),
        Table("aliases", "One row per address of an alias resolution.", _ALIASES),
        Table(
            "alias_pairs",
            "One row per pair of addresses that was tested: the evidence.",
            _ALIAS_PAIRS,
        ),
        Table(
            "records",
            "One row per result of any other kind, as JSON; alias results whole.",
            _RECORDS,
        ),
    )
}

#: The tables whose rows belong to a row of `traces`.
CHILDREN = ("hops", "tunnels", "tunnel_routers", "failed_revelations")


def schema(name: str) -> pa.Schema:
    """Return the Arrow schema of a table's parts."""
    import pyarrow as pa  # noqa: PLC0415 - only who stores pays for it

    return pa.schema([_field(column) for column in TABLES[name].columns])


def _field(column: Column) -> pa.Field:
    import pyarrow as pa  # noqa: PLC0415

    kind = column.type.removesuffix("?")
    text = pa.string()
    vendor = [pa.field("vendor", text, False), pa.field("share_percent", pa.float64(), False)]
    attempt = [
        pa.field("target", text, False),
        pa.field("step", pa.uint8(), False),
        pa.field("method", text, False),
        pa.field("flow", pa.uint16(), False),
        pa.field("buddy", pa.bool_(), False),
        pa.field("outcome", text, False),
        pa.field("sent", pa.uint32(), False),
    ]
    types = {
        "address": text,
        "name": text,
        "json": text,
        "bool": pa.bool_(),
        "time": pa.timestamp("us"),
        "name[]": pa.list_(pa.field("item", text, False)),
        "uint32[]": pa.list_(pa.field("item", pa.uint32(), False)),
        "vendors": pa.list_(pa.field("item", pa.struct(vendor), False)),
        "attempts": pa.list_(pa.field("item", pa.struct(attempt), False)),
    }
    made = types.get(kind) or pa.type_for_alias(kind)
    return pa.field(column.name, made, nullable=column.type.endswith("?"))
