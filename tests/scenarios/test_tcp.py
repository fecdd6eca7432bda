"""TCP behaviour in virtual Internets whose hosts and middleboxes are known."""

from typing import Literal, TypeAlias

import pytest

import netsonde
from netsonde.lab import Lab, Topology
from netsonde.measure import TcpKeywords
from netsonde.model import (
    MptcpOffer,
    PortState,
    QuoteReach,
    StopReason,
    TcpCause,
    TcpEdit,
    TcpFeature,
    TcpField,
    TcpResult,
)

Family: TypeAlias = Literal[4, 6]
FAMILIES = pytest.mark.parametrize("family", [4, 6], ids=["IPv4", "IPv6"])
YES, NO, COPY = TcpFeature.ACCEPTED, TcpFeature.REFUSED, TcpFeature.MIRRORED


def measured(
    scenario: str, target: str, family: Family, asked: TcpKeywords | None = None
) -> TcpResult:
    lab = netsonde.lab.load(scenario)
    options: TcpKeywords = {**(asked or {}), "vantage": lab, "family": family}
    return netsonde.tcp(target, **options)


@FAMILIES
@pytest.mark.parametrize(
    ("host", "features", "mss"),
    [
        ("new", (YES, YES, YES, YES, YES), 1_460),
        ("old", (NO, NO, YES, NO, NO), 536),
        ("copying", (COPY, COPY, YES, COPY, YES), None),
    ],
)
def test_hosts_are_told_apart(
    family: Family, host: str, features: tuple[TcpFeature, ...], mss: int | None
) -> None:
    result = measured("tcp-hosts", host, family)
    shake = result.handshake
    assert shake.state is PortState.OPEN
    found = (shake.mptcp, shake.ecn, shake.sack, shake.timestamps, shake.window_scaling)
    assert found == features
    assert shake.mss == (mss or (1_460 if family == 4 else 1_440))
    assert (shake.mptcp_version, shake.fast_open) == (
        1 if host == "new" else None,
        TcpFeature.NOT_OFFERED,
    )
    assert result.stop is StopReason.COMPLETED
    assert result.changes == ()


@FAMILIES
def test_an_older_offer_finds_an_older_host(family: Family) -> None:
    asked: TcpKeywords = {"mptcp": MptcpOffer.V0, "fast_open": True, "path": False}
    old = measured("tcp-hosts", "old", family, asked).handshake
    assert (old.mptcp, old.mptcp_version, old.fast_open) == (YES, 0, NO)
    new = measured("tcp-hosts", "new", family, asked).handshake
    assert (new.mptcp, new.fast_open) == (NO, YES)
    copying = measured("tcp-hosts", "copying", family, asked).handshake
    assert (copying.mptcp, copying.fast_open) == (COPY, COPY)


@FAMILIES
def test_a_closed_port_says_nothing_but_shows_its_path(family: Family) -> None:
    result = measured("tcp-hosts", "host", family)
    assert result.handshake.state is PortState.CLOSED
    assert result.handshake.mptcp is None
    assert (result.resets, len(result.hops)) == (0, 5)


@FAMILIES
def test_middleboxes_are_found_where_they_are(family: Family) -> None:
    result = measured("middleboxes", "host", family)
    made = {
        (one.field, one.option, one.edit): (one.after_ttl, one.first_ttl, one.ttls, one.lasts)
        for one in result.middleboxes
    }
    assert made == {
        (TcpField.FLAGS, None, TcpEdit.CHANGED): (3, 4, (4, 5), True),
        (TcpField.OPTION, 2, TcpEdit.CHANGED): (3, 4, (4, 5), True),
        (TcpField.OPTION, 30, TcpEdit.REMOVED): (3, 4, (4, 5), True),
        (TcpField.SEQUENCE, None, TcpEdit.CHANGED): (4, 5, (5,), True),
    }
    rest = [one for one in result.changes if one not in result.middleboxes]
    assert {(one.field, one.cause) for one in rest} == {
        (TcpField.TOTAL_LENGTH, TcpCause.CONSEQUENCE),
        (TcpField.CHECKSUM, TcpCause.CONSEQUENCE),
    }
    # Router two quotes no more than RFC 792 asks for, where it may.
    short = QuoteReach.PORTS if family == 4 else QuoteReach.OPTIONS
    assert [hop.reach for hop in result.hops] == [
        *(QuoteReach.OPTIONS, short, *[QuoteReach.OPTIONS] * 3),
        None,
    ]
    shake = result.handshake
    assert (shake.mptcp, shake.ecn, shake.sack) == (NO, NO, YES)
    assert result.removal(30) is not None


def test_a_translator_that_mends_quotes_is_not_seen_and_one_that_does_not_is() -> None:
    for mends in (True, False):
        topology = Topology(seed=1)
        inside = {"inside": ["vp"], "translate_quotes": mends}
        topology.node("r1", role="nat", nat=inside, quote_len=0)
        topology.node("r2", quote_len=0)
        topology.node("host", role="host", open_tcp_ports=[80])
        topology.link("r1", "r2")
        topology.link("r2", "host")
        topology.attach("vp", "r1")
        result = netsonde.tcp("host", vantage=Lab(topology), family=4)
        causes = {(one.field, one.cause, one.first_ttl) for one in result.changes}
        expected = {(TcpField.SOURCE_ADDRESS, TcpCause.TRANSLATION, 2)}
        expected |= {(TcpField.CHECKSUM, TcpCause.CONSEQUENCE, 2)}
        assert causes == (set() if mends else expected)
        assert result.handshake.state is PortState.OPEN


@FAMILIES
def test_marking_shows_where_something_was_marked(family: Family) -> None:
    topology = Topology(seed=1)
    for name in ("r1", "r2", "r3"):
        topology.node(name, quote_len=0)
    topology.node("host", role="host")
    for near, far in (("r1", "r2"), ("r2", "r3"), ("r3", "host")):
        topology.link(near, far)
    topology.mutator("r2-r3", "dscp", tos=0)
    topology.attach("vp", "r1")
    result = netsonde.tcp("host", vantage=Lab(topology), family=family, tos=0xB9)
    marks = [(one.field, one.sent, one.quoted, one.first_ttl) for one in result.changes]
    assert marks == [(TcpField.DSCP, "46", "0", 3), (TcpField.ECN, "1", "0", 3)]
    assert {one.cause for one in result.changes} == {TcpCause.MARKING}


def test_the_same_seed_gives_the_same_result() -> None:
    assert measured("middleboxes", "host", 4) == measured("middleboxes", "host", 4)
