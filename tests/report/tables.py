"""Tables of results as a survey has them, made in labs and asked in SQL."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from netsonde import _core
from netsonde.lab import Lab, load
from netsonde.measure import choose, request
from netsonde.measure._request import job
from netsonde.model import Kind, Target
from netsonde.report import Ask

TABLES = ("pings", "traces", "hops", "tunnels", "tunnel_routers")


def tables(*labs: str, kind: Kind = Kind.TNT) -> Ask:
    """Return what answers SQL on the results of these labs, one after the other."""
    columns = _core.Columns()
    chunks: dict[str, list[pa.Table]] = {}
    for name in labs:
        for event in events(load(name), kind):
            columns.push(event)
    columns.flush()
    while chunk := columns.poll_chunk(0):
        table, stream = chunk
        chunks.setdefault(table, []).append(pa.ipc.open_stream(stream).read_all())
    connection = duckdb.connect()
    for name in TABLES:
        made = pa.concat_tables(chunks[name]) if name in chunks else _empty(name)
        connection.register("made", made)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM made").fetchall()

    def ask(sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return connection.execute(sql, list(parameters)).fetchall()

    return ask


def events(lab: Lab, kind: Kind) -> list[bytes]:
    """Return the events of measuring every target of a lab."""
    vantage = choose(lab)
    targets = [Target(address=str(one), source=str(lab.source(one))) for one in lab.targets]
    found: list[bytes] = []
    lab.run(job(request(kind, {}), vantage, targets), found)
    return found


def _empty(name: str) -> pa.Table:
    """Return a table without rows: of another kind of job, which fills it."""
    other = Kind.PING if name == "pings" else Kind.TNT
    lab = "plain" if name in ("pings", "traces", "hops") else "invisible-php-brpr"
    columns = _core.Columns()
    for event in events(load(lab), other):
        columns.push(event)
    columns.flush()
    while chunk := columns.poll_chunk(0):
        if chunk[0] == name:
            return pa.ipc.open_stream(chunk[1]).read_all().slice(0, 0)
    raise AssertionError(name)
