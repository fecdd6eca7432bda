"""Revelation traces, as far as a result tells them."""

import pytest

import netsonde
from netsonde.formats._tunnels import revelations


@pytest.mark.parametrize("scenario", ["invisible-php-dpr", "invisible-php-brpr", "two-tunnels"])
def test_what_each_revelation_found_is_between_ingress_and_target(scenario: str) -> None:
    result = netsonde.tnt("5.2.0.1", vantage=netsonde.lab.load(scenario))
    traces = list(revelations(result))
    assert {router.address for router in result.hidden} <= {
        address for trace in traces for address in trace.path
    }
    ingresses = {tunnel.ingress.address for tunnel in result.tunnels if tunnel.ingress}
    for trace in traces:
        assert trace.path[0] in ingresses
        assert trace.path[-1] == trace.target
        assert [hop.probe_ttl for hop in trace.hops] == list(
            range(trace.first_ttl, trace.first_ttl + len(trace.hops))
        )


def test_without_tunnels_there_is_none() -> None:
    result = netsonde.tnt("5.2.0.1", vantage=netsonde.lab.load("plain"))
    assert list(revelations(result)) == []
