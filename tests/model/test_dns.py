"""Results of DNS queries."""

import msgspec

from netsonde.model import DnsAttempt, DnsOutcome, DnsRecord, DnsResult, DnsTransport

ATTEMPT = DnsAttempt(
    server="192.0.2.53",
    transport=DnsTransport.UDP,
    outcome=DnsOutcome.ANSWERED,
    sent_ns=1,
    rtt_ns=2_500_000,
)
RESULT = DnsResult(
    name="www.example.net.",
    query="A",
    port=53,
    attempts=(ATTEMPT,),
    status="NOERROR",
    answers=(
        DnsRecord(name="www.example.net.", type="CNAME", ttl=60, data="example.net."),
        DnsRecord(name="example.net.", type="A", ttl=60, data="192.0.2.1"),
    ),
)


def test_data_is_of_the_type_asked() -> None:
    assert RESULT.data == ("192.0.2.1",)
    assert (RESULT.server, RESULT.rtt_ms, RESULT.reached) == ("192.0.2.53", 2.5, True)


def test_without_a_reply_there_is_no_time() -> None:
    silent = DnsResult(name="a.", query="A", port=53, attempts=())
    assert (silent.rtt_ms, silent.reached, silent.server) == (None, False, "")


def test_it_travels_as_json() -> None:
    line = msgspec.json.encode(RESULT)
    assert msgspec.json.decode(line, type=DnsResult) == RESULT


def test_it_reads_as_a_table() -> None:
    text = str(RESULT)
    assert "dns A www.example.net. from 192.0.2.53" in text
    assert "NOERROR, 2.50 ms, 1 query" in text
    assert "<td>192.0.2.1</td>" in RESULT._repr_html_()
