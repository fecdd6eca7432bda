"""Aliases for people."""

import msgspec

from netsonde.model import IpIdClass
from netsonde.report import alias_lines, alias_nodes
from tests.report import samples


def _plain(*, verbose: bool = False) -> list[str]:
    return [line.plain for line in alias_lines(samples.aliases(), 100, verbose=verbose)]


def test_a_block_for_each_router_and_what_it_cost() -> None:
    assert _plain() == [
        "aliases among 3 addresses, auto",
        " set  address          IP-ID         probe    per second",
        "   1  5.1.0.2          counter       icmp            4.0",
        "      5.1.1.1          counter       tcp-ack         4.2  no target, bytes swapped",
        "      by Mercator, MIDAR, false positive 2e-05",
        "conflict: 5.1.0.2 5.1.1.1 alias by Mercator, but 5.1.1.1 5.1.1.2 not by MIDAR: "
        "joined all the same",
        "1 router with 2 addresses, 40 probes, 30 answered, 7 pairs told apart, "
        "2 pairs not compared, stopped: budget",
        "IP-ID: 1 counter, 1 silent, 1 unfragmented",
        "unfragmented: the address does not heed packet too big, or the link puts fragments "
        "together (raw IPv6 sockets do): Speedtrap cannot tell its aliases",
    ]


def test_the_evidence_on_request() -> None:
    lines = _plain(verbose=True)
    assert (
        "5.1.0.2 5.1.1.1  alias  MIDAR, 30 samples, 3 rounds, 24 bounds, false positive 2e-05"
        in lines
    )
    assert "5.1.0.2 5.1.1.2  unknown  Ally, 1 sample, distance 300" in lines
    assert "   -  5.1.1.2          silent" in lines


def test_nodes_are_all_targets_each_once() -> None:
    assert alias_nodes(samples.aliases()) == [
        "node N1:  5.1.0.2 5.1.1.1",
        "node N2:  5.1.1.2",
        "node N3:  5.1.2.2",
    ]


def test_nothing_found_has_no_table() -> None:
    result = msgspec.structs.replace(samples.aliases(), sets=(), pairs=(), conflicts=())
    silent = [msgspec.structs.replace(one, class_=IpIdClass.UNPROBED) for one in result.addresses]
    result = msgspec.structs.replace(result, addresses=tuple(silent))
    assert [line.plain[:10] for line in alias_lines(result, 80)] == ["aliases am", "0 routers "]
