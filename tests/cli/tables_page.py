"""The reference page of the tables, made from the tables themselves."""

from collections.abc import Sequence

from netsonde.store._rows import SERIAL_BITS
from netsonde.store._tables import TABLES, VERSION
from netsonde.store._views import MACROS, VIEWS

_HEAD = f"""\
# Tables

What a campaign's results look like to SQL, version {VERSION}. `netsonde query DIR --tables` prints
the same; [Data of a campaign](../guides/campaigns-data.md) shows how to ask.

Addresses are text in canonical form, times UTC without a zone, in microseconds. A `?` after a type:
may be null. Arrow batches of a campaign that runs, and results as JSON, keep nanoseconds.
The numbers of traces and pings are unique in a dataset: the run (`runs.run`) in the high bits,
from bit {SERIAL_BITS} on. Rows of `hops`, `tunnels`, `tunnel_routers` and `failed_revelations`
belong to the row of `traces` with the same `trace`.

Types: `name` is text, one of few; `json` is text that DuckDB's JSON functions take apart;
`vendors` is a list of structures (`vendor`, `share_percent`), `attempts` a list of structures.
"""

_RUNS = """\
### runs

One row per run of the campaign.

| Column | Meaning |
| --- | --- |
| `run` | its number, from 1 |
| `started`, `ended` | time of day, UTC, ISO 8601; `ended` is null if it goes on, or died |
| `host`, `version`, `seed` | who measured, with which netsonde, in which order |
| `options`, `counters` | what was asked, and what was sent and received, as JSON |
"""


def tables_page() -> str:
    """Return the page of tables, views and macros."""
    parts = [_HEAD, "## Tables on disk\n"]
    for table in TABLES.values():
        rows = [(f"`{one.name}`", f"`{one.type}`", one.meaning) for one in table.columns]
        parts += [f"### {table.name}\n\n{table.meaning}\n", _rows(("Column", "Type"), rows)]
    parts += ["## Views\n", _RUNS]
    for view in VIEWS:
        pairs = [(f"`{name}`", meaning) for name, meaning in view.columns]
        parts += [f"### {view.name}\n\n{view.meaning}\n", _rows(("Column",), pairs)]
    macros = [(f"`{one.name}({one.parameter})`", one.meaning) for one in MACROS]
    return "\n".join([*parts, "## Macros\n", _rows(("Macro",), macros)])


def _rows(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = f"| {' | '.join((*heads, 'Meaning'))} |\n|{' --- |' * (len(heads) + 1)}\n"
    return head + "".join(f"| {' | '.join(row)} |\n" for row in rows)
