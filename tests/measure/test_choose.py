"""Vantages."""

import pytest

import netsonde
from netsonde.measure import OptionError, choose
from netsonde.measure._host import Host
from netsonde.measure._lab import LabVantage


def test_none_is_this_host() -> None:
    assert isinstance(choose(None), Host)
    assert choose(None, "none").privilege() == "none"


def test_a_lab_and_a_topology_are_labs() -> None:
    topology = netsonde.lab.Topology().node("a").node("h", role="host")
    topology = topology.link("a", "h").attach("vp", node="a")
    for given in (netsonde.lab.load("plain"), topology):
        assert isinstance(choose(given), LabVantage)


def test_a_vantage_is_itself() -> None:
    vantage = choose(netsonde.lab.load("plain"))
    assert choose(vantage) is vantage


def test_link_and_privilege_are_for_this_host() -> None:
    lab = netsonde.lab.load("plain")
    for option in ({"link": "raw"}, {"privilege": "none"}):
        with pytest.raises(netsonde.UsageError, match="another vantage is given"):
            netsonde.ping("5.2.0.1", vantage=lab, **option)  # type: ignore[arg-type]


def test_a_link_that_there_is_not_is_refused() -> None:
    with pytest.raises(OptionError, match="link: expected one of auto, packet, raw, found 'xdp'"):
        choose(None, link="xdp")  # type: ignore[arg-type]


def test_the_functions_hand_the_link_on() -> None:
    """Without privilege nothing can send frames, wherever the test runs."""
    with pytest.raises(netsonde.HostError, match="frames need packet sockets"):
        netsonde.ping(
            "127.0.0.1", link="packet", privilege="none", allow_special_purpose=True, method="udp"
        )
