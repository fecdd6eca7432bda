"""DNS queries on loopback: a scripted server, a real one, and dig beside them."""

import asyncio
import shutil
import subprocess
from typing import Any

import dns.flags
import pytest

import netsonde
from netsonde.model import DnsOutcome, DnsResult, DnsTransport, UsageError
from tests.measure.dns_server import answer, closed_port, dnsmasq, serving

A = "example.net. 60 IN A 5.1.2.3"
ZONE = (
    "--host-record=www.example.net,5.1.2.3,2a00::5",
    "--cname=alias.example.net,www.example.net",
    "--mx-host=example.net,mail.example.net,10",
    "--txt-record=example.net,hello world",
    "--auth-zone=example.net",
    "--auth-server=ns.example.net,lo",
)


def ask(port: int, name: str = "example.net", **options: Any) -> DnsResult:  # noqa: ANN401
    # Long enough for a server on a busy host; who wants silence waits less.
    given: dict[str, Any] = {"timeout_ms": 5_000, "servers": ["127.0.0.1"]}
    return netsonde.dns(name, port=port, **{**given, **options})


def test_an_answer_has_its_records_time_and_flags() -> None:
    with serving(lambda query, _: [answer(query, A)]) as port:
        result = ask(port)
    assert (result.status, result.data, result.flags) == ("NOERROR", ("5.1.2.3",), ("rd", "ra"))
    assert result.rtt_ms is not None
    assert 0 < result.rtt_ms < 5_000
    assert [attempt.outcome for attempt in result.attempts] == [DnsOutcome.ANSWERED]


def test_a_truncated_reply_is_asked_for_by_tcp() -> None:
    def behaviour(query: bytes, transport: str) -> list[bytes]:
        cut = transport == "udp"
        return [answer(query, *([] if cut else [A]), flags=dns.flags.TC if cut else 0)]

    with serving(behaviour) as port:
        result = ask(port)
        only_udp = ask(port, transport="udp")
    assert [(each.transport, each.outcome) for each in result.attempts] == [
        (DnsTransport.UDP, DnsOutcome.TRUNCATED),
        (DnsTransport.TCP, DnsOutcome.ANSWERED),
    ]
    assert result.data == ("5.1.2.3",)
    assert result.attempts[1].connect_ns is not None
    assert "tc" in only_udp.flags


def test_silence_is_asked_again_until_the_attempts_are_used_up() -> None:
    heard: list[bytes] = []

    def behaviour(query: bytes, _: str) -> list[bytes]:
        heard.append(query)
        return [answer(query, A)] if len(heard) == 3 else []

    with serving(behaviour) as port:
        assert ask(port, timeout_ms=50, attempts=2).status is None
        result = ask(port, attempts=2)
    assert [each.outcome for each in result.attempts] == [DnsOutcome.ANSWERED]
    assert len({query[:2] for query in heard}) == 3, "each query has a number of its own"


def test_other_packets_are_counted_and_not_believed() -> None:
    def behaviour(query: bytes, _: str) -> list[bytes]:
        forged = bytes([query[0] ^ 1]) + answer(query, "example.net. 60 IN A 6.6.6.6")[1:]
        other = answer(query.replace(b"\x07example", b"\x07exbmple"))
        return [forged, b"", b"\xff" * 40, other, answer(query, A)]

    with serving(behaviour) as port:
        result = ask(port)
    assert result.data == ("5.1.2.3",)
    assert result.attempts[0].mismatched == 4


def test_bytes_that_are_no_message_are_said_to_be_malformed() -> None:
    with serving(lambda query, _: [query[:2] + b"\xff" * 30]) as port:
        result = ask(port, timeout_ms=500, attempts=1)
    assert result.attempts[0].outcome is DnsOutcome.MALFORMED


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_closed_port_is_told_at_once(transport: str) -> None:
    result = ask(closed_port(), transport=transport, attempts=2, timeout_ms=5_000)
    assert [each.outcome for each in result.attempts] == [DnsOutcome.REFUSED] * 2


def test_tcp_that_ends_early_is_malformed() -> None:
    with serving(lambda _, __: []) as port:
        result = ask(port, transport="tcp", attempts=1)
    assert result.attempts[0].outcome is DnsOutcome.MALFORMED


def test_servers_are_asked_in_turn() -> None:
    with serving(lambda query, _: [answer(query, A)]) as port:
        result = ask(port, servers=["127.0.0.2", "127.0.0.1"])
    assert [each.server for each in result.attempts] == ["127.0.0.2", "127.0.0.1"]
    assert result.server == "127.0.0.1"


@pytest.mark.parametrize("server", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize(
    ("name", "kind", "data"),
    [
        ("www.example.net", "A", {"5.1.2.3"}),
        ("www.example.net", "AAAA", {"2a00::5"}),
        ("5.1.2.3", "PTR", {"www.example.net."}),
        ("2a00::5", "PTR", {"www.example.net."}),
        ("example.net", "MX", {"10 mail.example.net."}),
        ("example.net", "TXT", {'"hello world"'}),
        ("alias.example.net", "CNAME", {"www.example.net."}),
    ],
)
def test_a_real_server_and_dig_agree(
    server: str, transport: str, name: str, kind: str, data: set[str]
) -> None:
    with dnsmasq(*ZONE[:4]) as port:
        result = ask(port, name, types=[kind], servers=[server], transport=transport)
        assert set(result.data) == data
        if dig := shutil.which("dig"):
            asked = ["-x", name] if kind == "PTR" else [name, kind]
            over = ["+tcp"] if transport == "tcp" else []
            command = [dig, f"@{server}", "-p", str(port), "+noall", "+answer", *over, *asked]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            lines = [line.split(maxsplit=4) for line in said.splitlines()]
            assert {line[4] for line in lines if line[3] == kind} == data


@pytest.mark.parametrize("kind", ["SOA", "NS"])
def test_a_zone_has_its_servers(kind: str) -> None:
    with dnsmasq(*ZONE) as port:
        result = ask(port, "example.net", types=[kind], recursion_desired=False)
    assert result.data
    assert "ns.example.net." in result.data[0]
    assert "rd" not in result.flags


def test_many_names_and_types_share_the_rate() -> None:
    async def run(port: int) -> tuple[list[DnsResult], float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        names = [f"host{number}.example.net" for number in range(10)]
        options: dict[str, Any] = {"types": ["A", "AAAA"], "servers": ["127.0.0.1"], "port": port}
        results = netsonde.aio.dns_many(names, rate_pps=100, **options)
        return [result async for result in results], loop.time() - began

    with serving(lambda query, _: [answer(query)]) as port:
        results, took = asyncio.run(run(port))
    assert len({(result.name, result.query) for result in results}) == 20
    assert took >= 19 / 100


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"types": ["X"]}, "types: expected some of A, AAAA"),
        ({"types": ["A", "NS"]}, "types: expected one type"),
        ({"port": 0}, "port: expected"),
        ({"servers": ["example.net"]}, "servers: expected IPv4 or IPv6"),
        ({"transport": "quic"}, "transport: expected"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        netsonde.dns("example.net", **{"servers": ["127.0.0.1"], **options})


@pytest.mark.parametrize("name", ["a..b", "x" * 64, ".".join(["abcdefg"] * 40)])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(UsageError, match="no domain name"):
        ask(53, name)
