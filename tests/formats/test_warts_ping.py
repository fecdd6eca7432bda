"""Pings and multipath traces that scamper recorded."""

from netsonde import formats
from netsonde.formats import ScamperMultipath, ScamperPing
from tests.formats.samples import CAPTURES


def test_options_of_pings() -> None:
    found = [
        one for one in formats.read(CAPTURES / "ping-stamps.warts") if isinstance(one, ScamperPing)
    ]
    routes = [reply.route for ping in found for reply in ping.replies if reply.route]
    assert routes[0][:3] == ("198.18.1.1", "198.18.2.1", "198.18.3.1")
    stamps = [reply.stamps for ping in found for reply in ping.replies if reply.stamps]
    assert [(len(one.stamps), len(one.addresses)) for one in stamps] == [(9, 0), (4, 4), (2, 2)]
    assert any(reply.icmp_times for ping in found for reply in ping.replies)
    assert found[-1].stamp_addresses == ("198.18.2.2", "198.18.3.2")
    options = list(formats.read(CAPTURES / "ping-options.warts"))
    assert b"\1\2\3\4\5\6\7\x08" in [one.payload for one in options if isinstance(one, ScamperPing)]


def test_a_diamond() -> None:
    found = [
        one for one in formats.read(CAPTURES / "tracelb.warts") if isinstance(one, ScamperMultipath)
    ]
    assert {one.confidence for one in found} == {95}
    assert max(node.links or 0 for one in found for node in one.nodes) == 2
    for trace in found:
        assert all((link.far or 0) < len(trace.nodes) for link in trace.links)
