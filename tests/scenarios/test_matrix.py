"""Vendor x kind of tunnel x length: the right class and exactly the right routers, every time."""

import pytest

import netsonde
from netsonde.lab import Lab, Topology
from netsonde.lab import _settings as settings
from netsonde.model import TntResult, TunnelClass

LENGTHS = range(13)
VENDORS = ["cisco-ios", "junos", "nokia-sros", "huawei-vrp", "mikrotik", "mixed"]
#: Profiles of P1, P2, ... and PE2 of a mixed core.
MIXED = ["huawei-vrp", "nokia-sros", "cisco-iosxr"]
MIXED_EGRESS = "junos"
KINDS: dict[TunnelClass, settings.DomainSettings] = {
    TunnelClass.EXPLICIT: {"ttl": "uniform"},
    TunnelClass.IMPLICIT: {"ttl": "uniform"},
    TunnelClass.OPAQUE: {"ttl": "pipe", "pop": "opaque", "labels": "loopbacks"},
    TunnelClass.INVISIBLE_PHP: {"ttl": "pipe"},
    TunnelClass.INVISIBLE_UHP: {"ttl": "pipe", "pop": "uhp"},
}


def lab(kind: TunnelClass, vendor: str, length: int, families: tuple[int, ...] = (4,)) -> Lab:
    """Return CE1 - PE1 - P1 ... Pn - PE2 - CE2 - host; link k is 5.1.k.0/30."""
    topology = Topology(families=families)
    core = [f"p{n}" for n in range(1, length + 1)]
    mixed = {name: MIXED[n % len(MIXED)] for n, name in enumerate(core)} | {"pe2": MIXED_EGRESS}
    for name in ("ce1", "pe1", *core, "pe2", "ce2"):
        knobs: settings.NodeSettings = {"profile": vendor}
        if vendor == "mixed":
            knobs["profile"] = mixed.get(name, "cisco-ios")
        if kind is TunnelClass.IMPLICIT:
            knobs["extensions"] = "none"
        topology.node(name, **knobs)
    topology.node("host", role="host")
    topology.chain("ce1", "pe1", *core, "pe2", "ce2", "host")
    topology.mpls("core", ["pe1", *core, "pe2"], **KINDS[kind])
    return Lab(topology.attach("vp", node="ce1"))


def expected(kind: TunnelClass, vendor: str, length: int) -> list[str]:
    """Return the LSRs that must be found; nothing where the method cannot know of a tunnel."""
    routers = [f"5.1.{link}.2" for link in range(2, length + 2)]
    if kind is TunnelClass.IMPLICIT and length < 2:
        return []  # one LSR quotes TTL 1, as any router does, and its U-turn of 2 is too short
    frpla_only = vendor in ("cisco-ios", "huawei-vrp")
    if kind is TunnelClass.INVISIBLE_PHP and frpla_only and length < 3:
        return []  # the threshold of FRPLA is 3, as the original's ROC curves recommend
    return routers


def found(result: TntResult) -> list[tuple[TunnelClass, list[str | None]]]:
    return [
        (tunnel.class_, [router.address for router in tunnel.lsrs]) for tunnel in result.tunnels
    ]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not TunnelClass.INVISIBLE_UHP])
def test_class_and_routers(kind: TunnelClass, vendor: str) -> None:
    # With no LSR, the label of an opaque tunnel has TTL 255: TNT takes that for an explicit one.
    for length in LENGTHS[1:] if kind is TunnelClass.OPAQUE else LENGTHS:
        result = netsonde.tnt("5.2.0.1", vantage=lab(kind, vendor, length))
        routers = expected(kind, vendor, length)
        assert found(result) == ([(kind, routers)] if routers else []), length
        if routers:
            (tunnel,) = result.tunnels
            assert tunnel.ingress is not None
            assert tunnel.ingress.address == "5.1.1.2"
            assert tunnel.egress is not None
            assert tunnel.egress.address == f"5.1.{length + 2}.2"


def test_uhp_with_the_cisco_quirk_hides_the_egress_too() -> None:
    for length in LENGTHS[1:]:
        vantage = lab(TunnelClass.INVISIBLE_UHP, "cisco-ios", length)
        result = netsonde.tnt("5.2.0.1", vantage=vantage)
        routers = [f"5.1.{link}.2" for link in range(2, length + 2)]
        assert found(result) == [(TunnelClass.INVISIBLE_UHP, routers)], length
        (tunnel,) = result.tunnels
        assert tunnel.egress is not None
        assert tunnel.egress.address == f"5.1.{length + 2}.2"
        assert tunnel.egress.hidden


@pytest.mark.parametrize("vendor", VENDORS)
def test_ipv6_finds_as_many(vendor: str) -> None:
    for length in (1, 3, 12):
        vantage = lab(TunnelClass.INVISIBLE_PHP, vendor, length, families=(4, 6))
        result = netsonde.tnt("2a00:5:2::1", vantage=vantage)
        routers = [f"2a00:5:1:{link}::2" for link in range(2, length + 2)]
        assert found(result) == [(TunnelClass.INVISIBLE_PHP, routers)], length
