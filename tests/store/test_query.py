"""SQL on a dataset: what it answers, and what it may not."""

import socket
from pathlib import Path

import pytest

from netsonde.model import FormatError, UsageError
from netsonde.store import Dataset, Query
from tests.store.rooms import chunks, dataset, ping, reply, tnt, trace


@pytest.fixture
def found(tmp_path: Path) -> Dataset:
    """A dataset with a path, a tunnel and two pings."""
    events = [trace("5.1.0.1", "5.0.0.1", None, "5.0.0.3"), tnt("5.1.0.2")]
    return dataset(tmp_path / "data", events, [ping("5.1.0.3"), ping("5.1.0.4", reply("5.1.0.4"))])


def test_parts_and_spools_are_asked_together(found: Dataset) -> None:
    with found.writer() as writer:
        for table, chunk in chunks([trace("5.1.0.9", "5.0.0.1")]):
            writer.append(table, chunk)
        with found.query() as query:
            assert query.ask("SELECT count(*) FROM traces") == [(3,)]
            assert query.ask("SELECT ttl FROM hops WHERE target = ?", ["5.1.0.9"]) == [(1,)]


def test_an_empty_dataset_has_every_table(tmp_path: Path) -> None:
    made = dataset(tmp_path, [])
    with made.query() as query:
        assert query.ask("SELECT count(*) FROM tunnels JOIN hops USING (trace)") == [(0,)]
        assert query.ask("SELECT * FROM tunnel_census") == []


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1,\n  foo FROM hops", "line 2, column 3: referenced column"),
        ("SELEC 1", "line 1, column 1: syntax error"),
        ("SELECT 1; SELECT * FROM nope", "line 1, column 25: table with name nope"),
        ("SELECT 'é', * FROM nope", "line 1, column 20: table with name nope"),
        ("SELECT 'x'::INT", "could not convert"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_position(
    found: Dataset, sql: str, message: str
) -> None:
    with found.query() as query, pytest.raises(UsageError) as caught:
        _answer(query, sql)
    assert message in caught.value.message
    assert "\n" not in caught.value.message


ESCAPES = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/etc/*')",
    "COPY hops TO '{place}/x.csv'",
    "COPY (SELECT 1) TO '{part}' (USE_TMP_FILE false)",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{part}' (USE_TMP_FILE false)",
    "PREPARE p AS COPY (SELECT 1) TO '{part}' (USE_TMP_FILE false); EXECUTE p",
    "EXPORT DATABASE '{place}/x'",
    "ATTACH '{place}/x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET allowed_paths = ['/etc/passwd']",
    "RESET lock_configuration",
    "PRAGMA database_list",
    "SELECT * FROM read_parquet('http://127.0.0.1:{port}/x.parquet')",
    "CREATE TABLE x AS SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM query('COPY (SELECT 1) TO ''{part}'' (USE_TMP_FILE false)')",
    "SELECT * FROM found",
]


@pytest.mark.parametrize("escape", ESCAPES)
def test_sql_reaches_the_dataset_alone_and_changes_nothing(
    found: Dataset, tmp_path: Path, escape: str
) -> None:
    (part,) = found.contents().files("hops")
    before = part.read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as server, found.query() as query:
        server.settimeout(0)
        sql = escape.format(place=tmp_path, part=part, port=server.getsockname()[1])
        with pytest.raises(UsageError):
            _answer(query, sql)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert part.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def _answer(query: Query, sql: str) -> list[object]:
    """Return all rows: some errors come with the first one."""
    reader = query.run(sql)
    return [] if reader is None else list(query.rows(reader))


def test_unsafe_files_allows_them(found: Dataset, tmp_path: Path) -> None:
    with found.query(unsafe_files=True) as query:
        assert query.run(f"COPY hops TO '{tmp_path}/x.csv'") is None
        assert query.ask(f"SELECT count(*) > 0 FROM read_csv('{tmp_path}/x.csv')") == [(True,)]


def test_tables_of_ones_own_live_as_long_as_the_query(found: Dataset) -> None:
    with found.query() as query:
        reader = query.run("CREATE TABLE own AS SELECT 1 AS x; INSERT INTO own VALUES (2)")
        reader = query.run("SELECT sum(x) FROM own")
        assert reader is not None
        assert [batch.to_pydict() for batch in query.batches(reader)] == [{"sum(x)": [3]}]


def test_damaged_parts_are_a_format_error(found: Dataset) -> None:
    (part,) = found.contents().files("hops")
    part.write_bytes(b"PAR1 but not really PAR1")
    with pytest.raises(FormatError, match="cannot be read"):
        found.query()


def test_runs_are_a_table_too(found: Dataset) -> None:
    with found.query() as query:
        assert query.ask("SELECT run, ended FROM runs") == [(1, None), (2, None)]


def test_all_tables_and_views_are_listed_with_their_types(found: Dataset) -> None:
    with found.query() as query:
        listed = {table.name: table for table in query.tables()}
    assert {"hops", "records", "paths"} <= set(listed)
    types = {column.name: column.type for column in listed["traces"].columns}
    assert (types["started"], types["trace"]) == ("TIMESTAMP", "UBIGINT")
