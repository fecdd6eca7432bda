"""Topologies with balancers, made from their links, for tests of multipath."""

from itertools import pairwise

from netsonde.lab import Lab, Topology

#: Chains of routers between `ce` (the first hop) and `host`, and the routers that balance.
TOPOLOGIES = {
    "diamond": ("ce a b d host; a c d", "a"),
    "wide": ("ce a b1 d host; a b2 d; a b3 d; a b4 d; a b5 d; a b6 d", "a"),
    "long": ("ce a b1 b2 b3 d host; a c1 c2 c3 d", "a"),
    "two": ("ce a b d e f host; a c d; d g f; d h f", "a d"),
    "meshed": ("ce a b1 c1 d host; a b2 c2 d; b1 c2; b2 c1", "a b1 b2"),
    "uneven": ("ce a b c d host; a e f d; e g d; e h d", "a e"),
    "nested": ("ce a b c1 d host; b c2 d; a e f d", "a b"),
}


def balanced(name: str, kind: str = "5-tuple") -> Lab:
    """Return the lab of a topology whose balancers hash by `kind`, with a vantage point `vp`."""
    chains, balancers = TOPOLOGIES[name]
    topology = Topology(seed=5)
    topology.node("host", role="host")
    seen = {"host"}
    links: set[frozenset[str]] = set()
    for chain in chains.split("; "):
        names = chain.split()
        for node in names:
            if node not in seen:
                seen.add(node)
                topology.node(node)
        for near, far in pairwise(names):
            if frozenset((near, far)) not in links:
                links.add(frozenset((near, far)))
                topology.link(near, far)
    for number, node in enumerate(balancers.split()):
        topology.ecmp(node, hash=kind, salt=number + 1)  # type: ignore[arg-type]
    return Lab(topology.attach("vp", "ce"))
