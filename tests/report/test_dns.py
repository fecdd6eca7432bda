"""A DNS result for people."""

from msgspec import structs

from netsonde.model import DnsOutcome, DnsRecord
from netsonde.report import dns_lines
from tests.model.test_dns import ATTEMPT, RESULT


def plain(width: int = 80, *, verbose: bool = False, **changes: object) -> list[str]:
    result = structs.replace(RESULT, **changes)
    return [line.plain for line in dns_lines(result, width, verbose=verbose)]


def test_records_and_a_summary() -> None:
    first, *records, last = plain(flags=("rd", "ra"), size=80)
    assert first == "A www.example.net. from 192.0.2.53"
    assert [record.split() for record in records] == [
        ["www.example.net.", "60", "CNAME", "example.net."],
        ["example.net.", "60", "A", "192.0.2.1"],
    ]
    assert last == "NOERROR, rd ra, 2.50 ms, 80 bytes, by udp, 1 query"


def test_silence_is_told() -> None:
    silent = structs.replace(ATTEMPT, outcome=DnsOutcome.TIMEOUT, rtt_ns=None)
    lines = plain(status=None, answers=(), attempts=(silent, silent))
    assert lines[-1] == "no reply in time, 2 queries"


def test_verbose_tells_every_query_and_section() -> None:
    record = DnsRecord(name="example.net.", type="NS", ttl=60, data="ns.example.net.")
    lines = plain(verbose=True, authority=(record,))
    assert "authority:" in lines
    assert "query 1 to 192.0.2.53 by udp, answered, 2.50 ms" in lines


def test_what_servers_say_cannot_steer_the_terminal() -> None:
    record = DnsRecord(name="a\x1b[2J.", type="TXT", ttl=60, data="\x1b]0;x\x07")
    assert not any("\x1b" in line for line in plain(answers=(record,), nsid="\x1b[2J"))


def test_long_data_goes_on_under_itself() -> None:
    record = DnsRecord(name="example.net.", type="TXT", ttl=60, data="word " * 40)
    assert all(len(line) <= 80 for line in plain(answers=(record,)))
