"""The result of tnt."""

import msgspec

from netsonde.model import Role, TntResult, TunnelRouter
from tests.report import samples


def _names(result: TntResult) -> list[tuple[str, str | None]]:
    return [(hop.name, hop.address) for hop in result.path]


def test_hidden_routers_stand_between_ingress_and_egress() -> None:
    assert _names(samples.brpr_path()) == [
        ("1", "5.1.0.2"),
        ("2", "5.1.1.2"),
        ("H1", "5.1.2.2"),
        ("H2", "5.1.3.2"),
        ("H3", "5.1.4.2"),
        ("3", "5.1.5.2"),
        ("4", "5.1.6.2"),
        ("5", "5.2.0.1"),
    ]


def test_visible_routers_of_a_tunnel_keep_their_place() -> None:
    path = samples.explicit_path().path
    assert [hop.name for hop in path] == [str(ttl) for ttl in range(1, 9)]
    assert [hop.parts[0].role for hop in path if hop.parts] == [
        Role.INGRESS, Role.LSR, Role.LSR, Role.LSR, Role.EGRESS,
    ]  # fmt: skip


def test_a_hidden_router_after_a_visible_one_follows_it() -> None:
    result = samples.explicit_path()
    (tunnel,) = result.tunnels
    late = TunnelRouter(address="5.1.9.2", step=1)
    changed = msgspec.structs.replace(tunnel, lsrs=(*tunnel.lsrs[:1], late, *tunnel.lsrs[1:]))
    names = _names(msgspec.structs.replace(result, tunnels=(changed,)))
    assert names[2:5] == [("3", "5.1.2.2"), ("H1", "5.1.9.2"), ("4", None)]


def test_without_an_ingress_they_stand_before_the_egress() -> None:
    result = samples.brpr_path()
    (tunnel,) = result.tunnels
    changed = msgspec.structs.replace(tunnel, ingress=None, ingress_ttl=None)
    names = _names(msgspec.structs.replace(result, tunnels=(changed,)))
    assert [name for name, _ in names][:6] == ["1", "2", "H1", "H2", "H3", "3"]


def test_a_tunnel_may_begin_before_the_first_hop() -> None:
    result = samples.brpr_path()
    (tunnel,) = result.tunnels
    changed = msgspec.structs.replace(tunnel, ingress=None, ingress_ttl=0, egress_ttl=1)
    names = _names(msgspec.structs.replace(result, tunnels=(changed,)))
    assert [name for name, _ in names][:4] == ["H1", "H2", "H3", "1"]


def test_text_and_html_show_the_hidden_routers() -> None:
    result = samples.brpr_path()
    assert "H2   5.1.3.2  7.00            invisible-php lsr, brpr" in str(result)
    assert "completed, 1 tunnel, 3 hidden routers" in str(result)
    assert "<td>H2</td><td>5.1.3.2</td>" in result._repr_html_()
