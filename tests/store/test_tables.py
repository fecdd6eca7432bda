"""The tables are what a run writes and what the page says."""

from netsonde import _core
from netsonde.store._rows import read_chunk, wire_names
from netsonde.store._tables import CHILDREN, TABLES, schema
from tests.store.rooms import chunks, ping, tnt

#: Tables that no engine fills.
_OURS = {"aliases", "alias_pairs", "records"}


def test_every_table_of_a_stream_is_known() -> None:
    names = [_core.table_name(number) for number in range(1, 8)]
    assert names == [*(name for name in TABLES if name not in _OURS), None]


def test_a_run_writes_exactly_the_columns_of_the_tables() -> None:
    found = dict(chunks([ping("5.1.0.1"), tnt("5.1.0.2")]))
    assert set(found) == set(TABLES) - _OURS
    for table, chunk in found.items():
        assert read_chunk(table, chunk).column_names == wire_names(table)


def test_every_type_is_known_and_every_column_explained() -> None:
    for name, table in TABLES.items():
        assert schema(name).names == [column.name for column in table.columns]
        assert all(column.meaning for column in table.columns)
        nullable = [field.nullable for field in schema(name)]
        assert nullable == [column.type.endswith("?") for column in table.columns]


def test_children_hang_on_a_trace() -> None:
    assert all(TABLES[name].columns[0].name == "trace" for name in CHILDREN)
