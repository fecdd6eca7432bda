"""`netsonde ping`."""

from tests.cli.commands import netsonde


def test_options_reach_the_probes() -> None:
    ran = netsonde("ping", "5.2.0.1", "--lab", "plain", "-c", "2", "-m", "udp", "-s", "100")
    assert ran.status == 0
    assert "2 sent, 2 received, 0% loss" in ran.out
    assert ", udp" in ran.out


def test_many_targets_are_not_mixed() -> None:
    ran = netsonde("ping", "5.2.0.1", "5.1.6.2", "--lab", "plain", "-c", "2")
    blocks = ran.out.split("\n\n")
    assert len(blocks) == 2
    for block in blocks:
        heading, *replies = block.splitlines()
        address = heading.split()[2]
        assert all(address in line for line in replies[:2])


def test_a_low_ttl_is_answered_by_a_router() -> None:
    ran = netsonde("ping", "5.2.0.1", "--lab", "plain", "-c", "1", "--ttl", "2")
    assert ran.status == 3
    assert "5.1.1.2" in ran.out
    assert "time exceeded" in ran.out
