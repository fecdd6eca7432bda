"""Faults and mutators come out as the engine takes them."""

import pytest

from netsonde.lab._read_incidents import read_fault, read_mutator
from netsonde.lab._reader import Table, TopologyError


def table(**content: object) -> Table:
    return Table("net.toml", "here", content)


@pytest.mark.parametrize(
    ("content", "action"),
    [
        (
            {"node": "p2", "icmp": "drop"},
            {"action": "icmp", "node": "p2", "silent": True},
        ),
        (
            {"node": "p2", "icmp": "answer"},
            {"action": "icmp", "node": "p2", "silent": False},
        ),
        ({"node": "p2", "icmp": "unlimited"}, {"action": "limit", "node": "p2", "limit": None}),
        (
            {"link": "a-b", "state": "down", "reroute": "2s"},
            {"action": "link", "link": "a-b", "up": False, "reroute_ns": 2 * 10**9},
        ),
        ({"link": "a-b", "cost": 5}, {"action": "cost", "link": "a-b", "cost": [5, 5]}),
        ({"link": "a-b", "loss": 1}, {"action": "loss", "link": "a-b", "loss": 1.0}),
        ({"link": "a-b", "delay": "4ms"}, {"action": "delay", "link": "a-b", "delay_ns": 4000000}),
    ],
)
def test_faults(content: dict[str, object], action: dict[str, object]) -> None:
    fault = read_fault(table(at="12s", **content))
    assert fault.at_ns == 12 * 10**9
    assert fault.action == action


def test_a_fault_may_set_a_limit() -> None:
    fault = read_fault(table(at="1s", node="p2", icmp={"rate": "5/s", "burst": 2}))
    assert fault.action["action"] == "limit"
    assert fault.action["limit"]["burst"] == 2


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({}, "here"),
        ({"node": "p2", "link": "a-b"}, "here"),
        ({"node": "p2"}, "here.icmp"),
        ({"node": "p2", "icmp": "lose"}, "here.icmp"),
        ({"link": "a-b"}, "here"),
        ({"link": "a-b", "loss": 0.5, "delay": "1s"}, "here"),
        ({"link": "a-b", "state": "gone"}, "here.state"),
        ({"link": "a-b", "loss": 5}, "here.loss"),
        ({"node": "p2", "icmp": "drop", "at": 12}, "here.at"),
        ({"node": "p2", "icmp": "drop", "state": "down"}, "here"),
    ],
)
def test_faults_that_are_refused(content: dict[str, object], key: str) -> None:
    with pytest.raises(TopologyError) as caught:
        read_fault(table(**content))
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ({"mutation": "dscp", "tos": 4}, {"tos": 4}),
        ({"mutation": "source", "address": "5.9.9.9"}, {"address": "5.9.9.9"}),
        ({"mutation": "source-port", "add": 7}, {"add": 7}),
        (
            {"mutation": "tcp-option", "kind": 30, "action": "blank"},
            {"kind": 30, "action": "blank"},
        ),
        ({"mutation": "tcp-option", "kind": 8}, {"kind": 8, "action": "strip"}),
        ({"mutation": "tcp-mss", "mss": 1300}, {"mss": 1_300}),
        ({"mutation": "tcp-sequence", "offset": 2**32 - 1}, {"offset": 2**32 - 1}),
        ({"mutation": "tcp-acknowledgment", "offset": 7}, {"offset": 7}),
        ({"mutation": "tcp-flags", "clear": 192}, {"clear": 192}),
        ({"mutation": "quote", "change": "cut"}, {"change": "cut"}),
        ({"mutation": "truncate-extensions", "bytes": 4}, {"bytes": 4}),
        ({"mutation": "late", "delay": "2s"}, {"delay_ns": 2 * 10**9}),
        ({"mutation": "forge", "source": "5.9.9.9"}, {"source": "5.9.9.9", "blind": False}),
        ({"mutation": "drop"}, {}),
    ],
)
def test_mutators(content: dict[str, object], settings: dict[str, object]) -> None:
    mutator = read_mutator(table(link="a-b", **content))
    assert mutator.settings == settings
    assert (mutator.sender, mutator.to, mutator.probability) == (None, (), 1.0)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"link": "a-b"}, "here.mutation"),
        ({"link": "a-b", "mutation": "explode"}, "here.mutation"),
        ({"mutation": "drop"}, "here.link"),
        ({"link": "a-b", "mutation": "dscp"}, "here.tos"),
        ({"link": "a-b", "mutation": "dscp", "tos": 256}, "here.tos"),
        ({"link": "a-b", "mutation": "drop", "tos": 1}, "here"),
        ({"link": "a-b", "mutation": "tcp-option", "kind": 256}, "here.kind"),
        ({"link": "a-b", "mutation": "tcp-option", "kind": 8, "action": "x"}, "here.action"),
        ({"link": "a-b", "mutation": "tcp-sequence", "offset": 2**32}, "here.offset"),
        ({"link": "a-b", "mutation": "quote", "change": "all"}, "here.change"),
        ({"link": "a-b", "mutation": "forge", "source": "x"}, "here.source"),
        ({"link": "a-b", "mutation": "drop", "probability": 2}, "here.probability"),
        ({"link": "a-b", "mutation": "drop", "to": "5.2.0.1/24"}, "here.to"),
    ],
)
def test_mutators_that_are_refused(content: dict[str, object], key: str) -> None:
    with pytest.raises(TopologyError) as caught:
        read_mutator(table(**content))
    assert caught.value.key == key
