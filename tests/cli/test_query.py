"""`netsonde query`."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.commands import netsonde, summary
from tests.store.rooms import dataset, ping, reply, tnt, trace


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The directory of a small campaign."""
    path = tmp_path_factory.mktemp("query") / "data"
    events = [trace("5.1.0.1", "5.0.0.1", None), tnt("5.1.0.2")]
    dataset(path, [*events, ping("5.1.0.4", reply("5.1.0.4"))])
    return str(path)


def test_it_is_listed() -> None:
    assert "SQL" in summary("query")
    assert "--unsafe-files" in netsonde("query", "--help").out


def test_a_table_fits_its_values(place: str) -> None:
    ran = netsonde("query", place, "SELECT ttl, address FROM hops WHERE target = '5.1.0.1'")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "ttl  address\n  1  5.0.0.1\n  2  -\n"


def test_json_is_one_object_per_row(place: str) -> None:
    ran = netsonde("query", place, "SELECT path, started FROM paths ORDER BY target", "--json")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert rows[0]["path"] == ["5.0.0.1", None]
    assert rows[0]["started"] == "2023-11-14 22:13:20.123533"


def test_csv_is_read_as_it_was(place: str) -> None:
    ran = netsonde("query", place, "SELECT path, 'a,\"b\"' AS t FROM paths LIMIT 1", "--csv")
    head, row = csv.reader(ran.out.splitlines())
    assert head == ["path", "t"]
    assert row[1] == 'a,"b"'


def test_a_parquet_file_is_whole_or_not_there(place: str, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    ran = netsonde("query", place, "SELECT target FROM traces ORDER BY 1", "-o", str(path))
    assert (ran.status, ran.out) == (0, "")
    assert pq.read_table(path).to_pydict() == {"target": ["5.1.0.1", "5.1.0.2"]}
    ran = netsonde(
        "query", place, "SELECT target::INT FROM traces", "-o", str(tmp_path / "y.parquet")
    )
    assert ran.status == 2
    assert [each.name for each in tmp_path.iterdir()] == ["x.parquet"]


def test_sql_comes_from_a_file_or_standard_input(place: str, tmp_path: Path) -> None:
    (tmp_path / "x.sql").write_text("CREATE TABLE x AS SELECT 7 AS n;\n-- then\nSELECT n FROM x;\n")
    assert netsonde("query", place, "-f", str(tmp_path / "x.sql")).out == "n\n7\n"
    assert netsonde("query", place, "-f", "-", stdin=b"SELECT 8 AS n").out == "n\n8\n"


def test_tables_are_listed(place: str) -> None:
    ran = netsonde("query", place, "--tables")
    assert ran.status == 0
    assert "tunnel_census  One row per class" in ran.out
    listed = netsonde("query", place, "--tables", "--json").out.splitlines()
    assert json.loads(listed[0])["name"] == "pings"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["SELEC 1"], 2, "line 1, column 1: syntax error"),
        (["SELECT 1;\n SELECT nope FROM hops"], 2, "line 2, column 9: referenced column"),
        (["SELECT * FROM read_csv('/etc/passwd')"], 2, "/etc/passwd"),
        (["COPY hops TO 'x.csv'"], 2, "COPY is not allowed here"),
        ([], 2, "give SQL"),
        (["SELECT 1", "-f", "x"], 2, "give SQL"),
        (["SELECT 1", "--json", "--csv"], 2, "exclude each other"),
        (["SELECT 1", "--tables"], 2, "answers by itself"),
        (["SELECT 1", "-o", "x.txt"], 2, "no name of a Parquet file"),
        (["SELECT 1", "-o", "/no/such/x.parquet"], 4, "cannot write"),
        (["-f", "/no/such.sql"], 4, "cannot read"),
    ],
)
def test_errors_are_one_message_and_one_hint(
    place: str, arguments: list[str], status: int, message: str
) -> None:
    ran = netsonde("query", place, *arguments)
    assert (ran.status, ran.out) == (status, "")
    error, hint = ran.err.splitlines()
    assert error.startswith("error: ")
    assert message in error
    assert hint.startswith("hint: ")


def test_where_nothing_is_it_says_so(tmp_path: Path) -> None:
    ran = netsonde("query", str(tmp_path), "SELECT 1")
    assert ran.status == 2
    assert "is no dataset" in ran.err


def test_long_tables_are_cut_and_say_so(place: str) -> None:
    ran = netsonde("query", place, "SELECT * FROM range(1500)")
    assert len(ran.out.splitlines()) == 1_001
    assert "the first 1,000 rows" in ran.err


@pytest.mark.slow
def test_it_can_be_interrupted(place: str) -> None:
    endless = "SELECT sum(hash(a.range, b.range)) FROM range(1000000000) a, range(100000) b"
    program = [sys.executable, "-c", "from netsonde.cli import main; main()"]
    with subprocess.Popen(
        [*program, "query", place, endless], stderr=subprocess.PIPE, text=True
    ) as process:
        _wait_until_it_computes(process.pid)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in told


def _wait_until_it_computes(pid: int) -> None:
    """Wait until a process has used more time than starting takes: it asks by then."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        user = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])
        if user / os.sysconf("SC_CLK_TCK") > 5:
            return
        threading.Event().wait(0.1)
    pytest.fail("it never began to compute")
