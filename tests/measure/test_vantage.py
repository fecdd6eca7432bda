"""What a measurement needs of its vantage."""

import netsonde
from netsonde.measure import Vantage
from netsonde.measure._host import Host
from netsonde.measure._lab import LabVantage


def test_hosts_and_labs_have_all_of_it() -> None:
    vantages: list[Vantage] = [Host(), LabVantage(netsonde.lab.load("plain"))]
    wanted = {name for name in vars(Vantage) if not name.startswith("_")}
    assert wanted == {
        *(
            "is_virtual",
            "privilege",
            "known_name",
            "known_addresses",
            "mtu",
            "source",
            "run",
            "routes",
            "stream",
        ),
    }
    for vantage in vantages:
        assert wanted <= set(dir(vantage))
