"""Tunnels."""

from netsonde.model import TunnelRouter
from tests.report import samples


def test_routers_are_in_path_order() -> None:
    (tunnel,) = samples.brpr_path().tunnels
    assert [router.address for router in tunnel.routers] == [
        "5.1.1.2", "5.1.2.2", "5.1.3.2", "5.1.4.2", "5.1.5.2",
    ]  # fmt: skip


def test_hidden_routers_are_those_without_a_ttl() -> None:
    (tunnel,) = samples.brpr_path().tunnels
    assert [router.address for router in tunnel.hidden] == ["5.1.2.2", "5.1.3.2", "5.1.4.2"]
    assert samples.explicit_path().tunnels[0].hidden == ()
    assert TunnelRouter().hidden
    assert not TunnelRouter(probe_ttl=3).hidden
