"""Replies as rows that diamond-miner loads."""

import csv
import io

import netsonde
from netsonde import formats
from netsonde.formats import Measured
from netsonde.formats._diamond_miner import COLUMNS
from tests.formats.samples import write

EPOCH_NS = 1_700_000_000_000_000_000


def rows(*results: formats.Record) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(write(results, "diamond-miner").decode())))


def test_the_columns_are_those_of_the_results_table() -> None:
    (header,) = write([], "diamond-miner").decode().splitlines()
    assert header == (
        "capture_timestamp,probe_protocol,probe_src_addr,probe_dst_addr,probe_src_port,"
        "probe_dst_port,probe_ttl,quoted_ttl,reply_src_addr,reply_protocol,reply_icmp_type,"
        "reply_icmp_code,reply_ttl,reply_size,reply_mpls_labels,rtt,round"
    )
    assert header == ",".join(COLUMNS)


def test_a_trace_is_a_row_a_reply() -> None:
    result = netsonde.trace("5.2.0.1", vantage=netsonde.lab.load("explicit-php"), flow=4)
    found = rows(Measured(result=result, epoch_ns=EPOCH_NS))
    assert len(found) == 8
    labelled = found[2]
    assert labelled["reply_mpls_labels"] == "[(16104,0,1,1)]"
    assert labelled["reply_src_addr"] == "::ffff:5.1.2.2"
    assert (labelled["probe_ttl"], labelled["reply_icmp_type"]) == ("3", "11")
    assert (labelled["probe_protocol"], labelled["reply_protocol"]) == ("1", "1")
    reply = result.hops[2].reply
    assert reply is not None
    assert int(labelled["rtt"]) == round(reply.rtt_ns / 100_000), "tenths of a millisecond"
    assert int(labelled["capture_timestamp"]) == EPOCH_NS // 10**9
    assert found[0]["reply_mpls_labels"] == "[]"


def test_ipv6_and_pings() -> None:
    lab = netsonde.lab.load("plain")
    found = rows(Measured(result=netsonde.ping("2a00:5:2::1", vantage=lab, method="tcp-syn")))
    assert len(found) == 4
    assert found[0]["reply_src_addr"] == "2a00:5:2::1"
    assert (found[0]["probe_protocol"], found[0]["reply_protocol"]) == ("6", "6")
    found = rows(Measured(result=netsonde.trace("2a00:5:2::1", vantage=lab)))
    assert (found[0]["probe_protocol"], found[0]["reply_protocol"]) == ("58", "58")
