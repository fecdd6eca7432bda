"""A topology is the same whether a file or calls made it."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.lab import Topology, TopologyError
from netsonde.lab._elements import Attachment, Link

FILE = """
seed = 7
chain = ["ce1", "pe1", "p1", "pe2", "host"]

[defaults]
profile = "junos"

[node.host]
role = "host"

[node.p1]
icmp = { rate = "50/s", burst = 10 }

[link]
"pe1-p1" = { delay = "4ms", loss = 0.01 }
"ce1-pe2" = { cost = 50 }

[mpls.core]
members = ["pe1", "p1", "pe2"]
ttl = "pipe"

[lsp.te]
path = ["pe1", "p1", "pe2"]
fec = "5.2.0.0/24"

[ecmp.p1]
hash = "destination"

[[route]]
node = "p1"
prefix = "5.9.0.0/16"

[[fault]]
at = "12s"
node = "p1"
icmp = "drop"

[[mutator]]
link = "pe1-p1"
from = "pe1"
mutation = "drop"
probability = 0.5

[attach.vp]
node = "ce1"
"""


def wires(topology: Topology) -> list[Link | Attachment]:
    return [*topology.links, *topology.attachments]


def built_by_calls() -> Topology:
    topology = Topology(seed=7, defaults={"profile": "junos"})
    topology.node("ce1").node("pe1")
    topology.node("p1", icmp={"rate": "50/s", "burst": 10})
    topology.node("pe2").node("host", role="host")
    topology.link("ce1", "pe1").link("pe1", "p1", delay="4ms", loss=0.01)
    topology.chain("p1", "pe2", "host").link("ce1", "pe2", cost=50)
    topology.mpls("core", ["pe1", "p1", "pe2"], ttl="pipe")
    topology.lsp("te", ["pe1", "p1", "pe2"], "5.2.0.0/24")
    topology.ecmp("p1", hash="destination").route("p1", "5.9.0.0/16")
    topology.fault("12s", node="p1", icmp="drop")
    topology.mutator("pe1-p1", "drop", sender="pe1", probability=0.5)
    return topology.attach("vp", "ce1")


def test_a_file_and_calls_give_the_same_bytes() -> None:
    assert Topology.parse(FILE).build().to_engine() == built_by_calls().build().to_engine()


def test_building_leaves_the_original_as_it_was() -> None:
    topology = built_by_calls()
    topology.build()
    assert topology.links[0].subnet is None
    topology.node("late").link("late", "ce1")
    assert len(topology.build().links) == 6


def test_defaults_are_for_routers_only() -> None:
    nodes = {node.name: node.profile for node in Topology.parse(FILE).nodes}
    assert nodes == {"ce1": "junos", "pe1": "junos", "p1": "junos", "pe2": "junos", "host": "host"}


def test_a_broken_default_is_named_once() -> None:
    with pytest.raises(TopologyError) as caught:
        Topology.parse('[defaults]\nprofile = "x"\n[node.a]')
    assert caught.value.key == "defaults.profile"


def test_reseeding_changes_nothing_else() -> None:
    topology = built_by_calls().build()
    other = topology.reseed(8)
    assert (topology.seed, other.seed) == (7, 8)
    assert topology.to_engine() == other.reseed(7).to_engine()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("seed = -1", "seed"),
        ("families = [5]", "families"),
        ("families = []", "families"),
        ("chain = 5", "chain"),
        ('chain = ["a", 5]', "chain"),
        ("nodes = 5", ""),
        ("node = 5", "node"),
        ("[node]\na = 5", "node.a"),
        ('[node.a]\n[node.b]\n[link]\n"a-b" = 5', "link.a-b"),
    ],
)
def test_what_is_refused(text: str, key: str) -> None:
    with pytest.raises(TopologyError) as caught:
        Topology.parse(text, file="net.toml")
    assert (caught.value.file, caught.value.key) == ("net.toml", key)


def test_a_name_twice_is_refused() -> None:
    with pytest.raises(TopologyError, match="a new name"):
        Topology().node("a").node("a")
    with pytest.raises(TopologyError, match="a new name"):
        Topology().node("a").node("b").link("a", "b").link("a", "b")


def test_what_is_no_toml_says_where() -> None:
    with pytest.raises(TopologyError, match="line 1"):
        Topology.parse("a = = 5", file="net.toml")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(TopologyError, match="no such file"):
        Topology.load(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_bytes(b"seed = 1 # \xff")
    with pytest.raises(TopologyError, match="UTF-8") as caught:
        Topology.load(broken)
    assert caught.value.offset == 11


NAMES = st.text("abcxyz019", min_size=1, max_size=4)


@given(st.lists(NAMES, min_size=2, max_size=12, unique=True), st.integers(0, 2**63 - 1))
def test_any_chain_builds_and_every_interface_has_its_own_address(
    names: list[str], seed: int
) -> None:
    topology = Topology(seed=seed).chain(*names).attach("vp!", node=names[0]).build()
    addresses = [one for wire in wires(topology) for pair in wire.interfaces() for one in pair]
    assert len(addresses) == len(set(addresses)) == 4 * len(names)


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
KEYS = st.sampled_from(
    ["node", "link", "mpls", "lsp", "ecmp", "route", "fault", "mutator", "attach", "seed", "chain"]
)


@given(st.dictionaries(KEYS | st.text(), JSONISH, max_size=4))
def test_nonsense_is_refused_and_never_crashes(content: dict[str, object]) -> None:
    from netsonde.lab._reader import Table

    table = Table("net.toml", "", content)
    with contextlib.suppress(TopologyError):
        topology = Topology.take(table)
        table.finish()
        topology.build()
