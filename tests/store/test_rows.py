"""Chunks become rows of the dataset: unique numbers, times of day."""

import datetime
import io
from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.model import FormatError
from netsonde.store._rows import RTT_US_MAX, SERIAL_BITS, dataset_rows, read_chunk, wire_names
from netsonde.store._spool import Header
from netsonde.store._tables import TABLES, schema
from tests.store.rooms import chunks, ping, reply, tnt, trace


def test_numbers_say_their_run_and_times_are_of_day() -> None:
    chunk = dict(chunks([trace("5.1.0.1"), trace("5.1.0.2")]))["traces"]
    header = Header(table="traces", version=2, run=3, epoch_ns=1_000_000_000)
    rows = dataset_rows(read_chunk("traces", chunk), header)
    assert rows.column("trace").to_pylist() == [3 << SERIAL_BITS, (3 << SERIAL_BITS) + 1]
    second = datetime.datetime(1970, 1, 1, 0, 0, 1)  # noqa: DTZ001 - the column has no zone
    assert rows.column("started")[0].cast(pa.timestamp("s"), safe=False).as_py() == second
    assert rows.column("duration_us").to_pylist() == [(90_000_000 - 77_000) // 1_000] * 2


def test_all_tables_have_their_schema() -> None:
    for table, chunk in chunks([tnt("5.1.0.1")]):
        header = Header(table=table, version=2, run=1, epoch_ns=0)
        assert dataset_rows(read_chunk(table, chunk), header).schema == schema(table)


def test_rows_of_another_table_are_refused() -> None:
    chunk = dict(chunks([tnt("5.1.0.1")]))["hops"]
    with pytest.raises(FormatError, match="rows of traces have other columns") as caught:
        read_chunk("traces", chunk)
    assert ", ".join(wire_names("traces")) in caught.value.hint


def test_columns_of_another_type_are_refused() -> None:
    names = [column.name for column in TABLES["records"].columns]
    rows = pa.table({name: [b"\xff"] for name in names})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    header = Header(table="records", version=2, run=1, epoch_ns=0)
    with pytest.raises(FormatError, match="do not fit"):
        dataset_rows(read_chunk("records", sink.getvalue()), header)


@given(st.data())
def test_any_damage_is_a_format_error_or_still_a_chunk(data: st.DataObject) -> None:
    whole = dict(chunks([trace("5.1.0.1", "5.0.0.1")]))["hops"]
    at = data.draw(st.integers(0, len(whole) - 1))
    with_damage = whole[:at] + data.draw(st.binary(min_size=1, max_size=4)) + whole[at + 1 :]
    for chunk in (with_damage, whole[:at], b""):
        with suppress(FormatError):
            rows = read_chunk("hops", chunk)
            dataset_rows(rows, Header(table="hops", version=2, run=1, epoch_ns=0))


def test_times_are_rounded_as_the_page_says() -> None:
    answers = [
        reply("5.0.0.1", rtt_ns=1_499, sent_ns=1_000 + 149_999),
        reply("5.0.0.1", rtt_ns=1_500, sent_ns=1_000 + 150_000),
        reply("5.0.0.1", rtt_ns=2**63, sent_ns=None),
    ]
    chunk = dict(chunks([ping("5.1.0.1", *answers)]))["pings"]
    rows = dataset_rows(
        read_chunk("pings", chunk), Header(table="pings", version=2, run=1, epoch_ns=0)
    )
    assert rows.column("rtt_us").to_pylist() == [1, 2, RTT_US_MAX]
    assert rows.column("sent_after_us").to_pylist() == [100, 200, None]
