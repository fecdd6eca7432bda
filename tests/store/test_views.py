"""The views answer, and have the columns that the page says."""

from pathlib import Path

import msgspec
import pytest

import netsonde
from netsonde.store import Dataset
from netsonde.store._views import MACROS, VIEWS, View
from tests.store.rooms import alias, dataset, ping, reply, tnt, trace


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A dataset with something of everything."""
    path: Path = tmp_path_factory.mktemp("views")
    late = reply("5.0.0.8", kind="unreachable", attempt=2)
    answered = ping("5.1.0.4", reply("5.1.0.4"), late)
    events = [
        trace("5.1.0.1", "5.0.0.1", None, "5.0.0.3"),
        tnt("5.1.0.2"),
        ping("5.1.0.3"),
        answered,
    ]
    made = dataset(path, events)
    with made.writer() as writer:
        writer.append_result(msgspec.json.encode(alias()))
        lab = netsonde.lab.load("middleboxes")
        result = netsonde.tcp("host", vantage=lab, family=4)
        writer.append_result(msgspec.json.encode(result))
    return made


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_columns_are_those_that_the_page_names(found: Dataset, view: View) -> None:
    with found.query() as query:
        described = query.ask(f"DESCRIBE {view.name}")
    assert [row[0] for row in described] == [name for name, _ in view.columns]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT path FROM paths WHERE target = '5.1.0.1'", [(["5.0.0.1", None, "5.0.0.3"],)]),
        ("SELECT ttl, rtt_ms FROM first_hops WHERE address = '5.0.0.1'", [(1, 5.0)] * 2),
        (
            "SELECT address, hidden, tunnel FROM full_hops WHERE target = '5.1.0.2'"
            " ORDER BY ttl, place",
            [
                ("5.0.0.1", False, None),
                ("5.9.0.2", True, 0),
                (None, False, None),
                ("5.0.0.3", False, None),
            ],
        ),
        ("SELECT near, far, traces, hidden FROM links", [("5.0.0.1", "5.9.0.2", 1, True)]),
        (
            "SELECT address, traces, hidden FROM routers ORDER BY address",
            [("5.0.0.1", 2, False), ("5.0.0.3", 2, False), ("5.9.0.2", 1, True)],
        ),
        (
            "SELECT class, method, tunnels, distinct_ends, hidden, length_mean, complete"
            " FROM tunnel_census",
            [("invisible-php", "dpr", 1, 1, 1, 1.0, 1)],
        ),
        (
            "SELECT target, sent, received, rtt_ms_min FROM ping_targets ORDER BY target",
            [("5.1.0.3", 2, 0, None), ("5.1.0.4", 2, 1, 5.0)],
        ),
        (
            "SELECT router, addresses, methods FROM alias_routers",
            [("5.0.0.1", ["5.0.0.1", "5.0.0.9"], ["ally"])],
        ),
        (
            "SELECT router, address, class, false_positive FROM aliases ORDER BY address",
            [
                ("5.0.0.1", "5.0.0.1", "counter", 0.25),
                ("5.0.0.1", "5.0.0.9", "counter", 0.25),
                ("5.0.1.1", "5.0.1.1", "silent", None),
            ],
        ),
        (
            "SELECT a, b, method, verdict FROM alias_pairs",
            [("5.0.0.1", "5.0.0.9", "ally", "alias")],
        ),
    ],
)
def test_views_say_what_was_measured(
    found: Dataset, sql: str, rows: list[tuple[object, ...]]
) -> None:
    with found.query() as query:
        assert query.ask(sql) == rows


def test_macros_take_label_stack_entries_apart(found: Dataset) -> None:
    entry = 16 << 12 | 1 << 9 | 1 << 8 | 64
    with found.query() as query:
        assert query.ask(
            f"SELECT label({entry}), label_tc({entry}), label_bottom({entry}), label_ttl({entry}),"
            " ms(1500), family('::1'), family('5.0.0.1')"
        ) == [(16, 1, True, 64, 1.5, 6, 4)]
    assert len({macro.name for macro in MACROS}) == len(MACROS)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (
            "SELECT target, port, state, plain, mptcp, mptcp_version, sack, fast_open, mss, stop,"
            " changes FROM tcp",
            [
                (
                    *("5.2.0.1", 80, "open", None, "refused", None, "accepted", "not-offered"),
                    *(1_400, "completed", 6),
                )
            ],
        ),
        (
            "SELECT option, edit, quoted, after_ttl, first_ttl, lasts FROM tcp_changes"
            " WHERE cause = 'middlebox' AND field = 'option' ORDER BY option",
            [(2, "changed", "1300", 3, 4, True), (30, "removed", None, 3, 4, True)],
        ),
    ],
)
def test_tcp_is_told_without_json(found: Dataset, sql: str, rows: list[tuple[object, ...]]) -> None:
    with found.query() as query:
        assert query.ask(sql) == rows
