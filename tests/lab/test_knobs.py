"""The knobs of a node: all of the engine's, each with what it may be."""

import re
from pathlib import Path

import pytest

from netsonde.lab._knobs import KNOBS, engine_behaviour, take_knobs
from netsonde.lab._reader import Table, TopologyError

BEHAVIOUR = Path(__file__).parents[2] / "crates/netsonde-lab/src/topology/behaviour.rs"


def knobs(**content: object) -> dict[str, object]:
    table = Table("net.toml", "node.p1", content)
    found = take_knobs(table)
    table.finish()
    return found


def test_they_are_exactly_those_of_the_engine() -> None:
    text = BEHAVIOUR.read_text()
    struct = text[text.index("pub struct Behaviour {") : text.index("impl Default for Behaviour")]
    fields = set(re.findall(r"^    pub (\w+):", struct, re.MULTILINE))
    assert set(engine_behaviour(dict.fromkeys(KNOBS))) == fields


def test_values_come_out_in_the_engine_s_units() -> None:
    found = knobs(
        te_ttl=64,
        silent=True,
        quote_len=0,
        answer_delay="2ms",
        pop_rule="none",
        ip_id_rate="50/s",
        fragment_id="random",
        tcp_features=["sack", "mptcp"],
        tcp_mss=536,
        icmp={"rate": "50/s", "burst": 10},
    )
    assert engine_behaviour(found) == {
        "te_ttl": 64,
        "silent": True,
        "quote_len": 0,
        "answer_delay_ns": 2_000_000,
        "pop_rule": "none",
        "ip_id_rate": 50.0,
        "fragment_id": "random",
        "tcp_features": ("sack", "mptcp"),
        "tcp_mss": 536,
        "rate_limit": {"rate_pps": 50.0, "burst": 10, "scope": "global", "echo": False},
    }


def test_unlimited_lifts_the_limit_of_a_profile() -> None:
    assert knobs(icmp="unlimited") == {"icmp": None}


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"te_ttl": 0}, "te_ttl"),
        ({"icmp_tos": 256}, "icmp_tos"),
        ({"tcp_features": ["sack", "magic"]}, "tcp_features"),
        ({"tcp_features": [["sack"]]}, "tcp_features"),
        ({"tcp_features": "sack"}, "tcp_features"),
        ({"quote_len": 27}, "quote_len"),
        ({"quote_len": False}, "quote_len"),
        ({"silent": 1}, "silent"),
        ({"extensions": "rfc4885"}, "extensions"),
        ({"answer_delay": 5}, "answer_delay"),
        ({"icmp": {"burst": 5}}, "icmp.rate"),
        ({"icmp": {"rate": "5"}}, "icmp.rate"),
        ({"icmp": {"rate": "5/s", "scope": "node"}}, "icmp.scope"),
        ({"icmp": {"rate": "5/s", "brst": 5}}, "icmp"),
        ({"icmp": "none"}, "icmp"),
    ],
)
def test_wrong_values_are_refused(content: dict[str, object], key: str) -> None:
    with pytest.raises(TopologyError) as caught:
        knobs(**content)
    assert caught.value.key == f"node.p1.{key}"


def test_a_misspelt_knob_is_told_its_neighbour() -> None:
    with pytest.raises(TopologyError) as caught:
        knobs(drop_echo=True)
    assert caught.value.hint == "did you mean drops_echo?"
