"""`netsonde fingerprint`."""

import json

from tests.cli.commands import netsonde


def test_what_is_asked_is_told_and_nothing_else() -> None:
    ran = netsonde("fingerprint", "5.1.0.2", "--lab", "agents")
    assert ran.status == 0
    assert "ttl" in ran.out
    assert "snmpv3" not in ran.out
    assert "3 probes" in ran.out


def test_agents_name_their_maker_over_both_families() -> None:
    for family in ("-4", "-6"):
        ran = netsonde("fingerprint", family, "r1", "r2", "--lab", "agents", "-m", "snmpv3,lfp")
        assert ran.status == 0
        assert "Cisco, engine 8000000903001122334455, 00:11:22:33:44:55" in ran.out
        assert "Juniper, engine 80000a4c0405060708" in ran.out


def test_json_has_the_vector_and_the_evidence() -> None:
    ran = netsonde("fingerprint", "5.1.2.2", "--lab", "agents", "-m", "lfp", "--json")
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert [event["type"] for event in events] == ["start", "fingerprint", "done"]
    lfp = events[1]["lfp"]
    assert (lfp["icmp_ip_id"], lfp["tcp_ip_id"], lfp["udp_ttl"]) == ("zero", None, None)
    assert len(events[1]["replies"]) == 3
    assert events[1]["sent"] == 9 + 6  # what is silent is asked twice


def test_a_method_that_is_none_is_refused() -> None:
    ran = netsonde("fingerprint", "5.1.0.2", "--lab", "agents", "-m", "ttl,magic")
    assert ran.status == 2
    assert "magic" in ran.err
