"""Vantages."""

import netsonde
from netsonde.measure import choose
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
