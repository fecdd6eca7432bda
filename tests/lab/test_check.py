"""What no table shows by itself: unknown names, gaps, collisions."""

import pytest

from netsonde.lab import Topology, TopologyError

BASE = """
chain = ["ce1", "pe1", "p1", "pe2", "host"]
[node.host]
role = "host"
[attach.vp]
node = "ce1"
"""


#: What is added to the base, the key that the error names, and what was expected there.
REFUSED = [
    ('[link]\n"pe1-p1" = { ends = ["pe1", "pe1"] }', "link.pe1-p1", "two different nodes"),
    ("[node.lonely]", "node.lonely", "a path to ce1"),
    ('[attach.x]\nnode = "p9"', "attach.x.node", "a known node"),
    ('[attach.x]\nnode = "host"', "node.host", "one link to a host"),
    ('[attach."pe1-p1"]\nnode = "pe1"', "attach.pe1-p1", "a name that no link has"),
    ("[ecmp.p9]", "ecmp.p9", "a known node"),
    ('[ecmp.p1]\nnext = ["ce1"]', "ecmp.p1.next", "a neighbour of p1"),
    ('[[route]]\nnode = "p9"\nprefix = "5.2.0.0/24"', "route[0].node", "a known node"),
    (
        '[[route]]\nnode = "p1"\nprefix = "5.2.0.0/24"\nvia = ["ce1"]',
        "route[0].via",
        "a neighbour of p1",
    ),
    ('[[fault]]\nnode = "p9"\nicmp = "drop"', "fault[0].node", "a known node"),
    ('[[fault]]\nlink = "p1-p9"\nloss = 1', "fault[0].link", "a known link"),
    (
        '[[mutator]]\nlink = "x"\nmutation = "drop"',
        "mutator[0].link",
        "a known link or attachment",
    ),
    (
        '[[mutator]]\nlink = "pe1-p1"\nmutation = "drop"\nfrom = "pe2"',
        "mutator[0].from",
        "an end of pe1-p1",
    ),
    (
        '[[mutator]]\nlink = "vp"\nmutation = "drop"\nfrom = "vp"',
        "mutator[0].from",
        "an end of vp",
    ),
    ('[mpls.core]\nmembers = ["pe1", "p9"]', "mpls.core.members", "a known node"),
    (
        '[mpls.core]\nmembers = ["pe1", "p1"]\n[mpls.two]\nmembers = ["p1", "pe2"]',
        "mpls.two.members",
        "nodes of no other domain",
    ),
    (
        '[mpls.core]\nmembers = ["pe1"]\nplain_ingress = ["pe2"]',
        "mpls.core.plain_ingress",
        "a member of the domain",
    ),
    (
        '[mpls.core]\nmembers = ["pe1"]\nttl_at = { pe2 = "pipe" }',
        "mpls.core.ttl_at",
        "a member of the domain",
    ),
    (
        '[lsp.te]\npath = ["pe1", "pe2"]\nfec = "5.2.0.0/24"',
        "lsp.te.path",
        "a neighbour of pe1",
    ),
    (
        '[lsp.te]\npath = ["pe1", "p1", "pe2"]\nfec = "5.2.0.0/24"\nlabels = [100]',
        "lsp.te.labels",
        "2 labels, one per hop",
    ),
    (
        '[link]\n"pe1-p1" = { subnet = "5.1.1.0/30" }',
        "link.pe1-p1.subnet",
        "a subnet of its own",
    ),
    (
        '[link]\n"pe1-p1" = { subnet = "5.9.0.0/32" }',
        "link.pe1-p1.subnet",
        "a subnet with room for two",
    ),
    (
        '[link]\n"pe1-p1" = { addresses = ["5.1.2.1", "5.1.3.2"] }',
        "link.pe1-p1.subnet",
        "addresses in 5.1.2.0/30",
    ),
    (
        '[link]\n"pe1-p1" = { addresses = ["5.1.2.1", "5.1.2.1"] }',
        "link.pe1-p1.subnet",
        "two different addresses",
    ),
    ('[node.p1]\nloopback = "5.1.1.1"', "link.ce1-pe1.subnet", "an address of its own"),
    (
        '[node.pe1]\nrole = "nat"\nnat = { inside = ["p1-pe2"] }',
        "node.pe1.nat.inside",
        "a link of pe1",
    ),
]


def test_the_base_is_sound() -> None:
    Topology.parse(BASE).build()


@pytest.mark.parametrize(("addition", "key", "expected"), REFUSED)
def test_what_is_refused(addition: str, key: str, expected: str) -> None:
    with pytest.raises(TopologyError) as caught:
        Topology.parse(BASE + addition, file="net.toml").build()
    assert (caught.value.file, caught.value.key, caught.value.expected) == (
        "net.toml",
        key,
        expected,
    )


def test_an_empty_topology_is_refused() -> None:
    with pytest.raises(TopologyError, match="at least one node"):
        Topology().build()


def test_mutators_may_sit_on_an_attachment() -> None:
    addition = '[[mutator]]\nlink = "vp"\nmutation = "drop"\nfrom = "host"'
    Topology.parse(BASE + addition).build()
