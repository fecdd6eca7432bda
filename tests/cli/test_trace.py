"""`netsonde trace`."""

import pytest

from tests.cli.commands import netsonde


@pytest.mark.parametrize("method", ["icmp-paris", "udp-paris", "tcp-syn"])
@pytest.mark.parametrize("family", ["-4", "-6"])
def test_every_method_reaches_over_both_families(method: str, family: str) -> None:
    ran = netsonde("trace", "host", family, "-m", method, "--lab", "plain")
    assert ran.status == 0
    assert "reached in 8 hops" in ran.out


def test_the_range_of_ttls() -> None:
    ran = netsonde("trace", "5.2.0.1", "--lab", "plain", "--first-ttl", "3", "--last-ttl", "4")
    assert ran.status == 3
    assert [line.split()[:2] for line in ran.out.splitlines()[2:4]] == [
        ["3", "5.1.2.2"],
        ["4", "5.1.3.2"],
    ]


def test_all_ttls_at_once_find_the_same_path() -> None:
    one = netsonde("trace", "5.2.0.1", "--lab", "plain", "--window", "1").out
    every = netsonde("trace", "5.2.0.1", "--lab", "plain", "--window", "255").out
    assert one.splitlines()[:-1] == every.splitlines()[:-1]
