"""Fingerprints of a real Linux host, and of a real SNMP agent."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.chain import NETSONDE, Chain

pytestmark = pytest.mark.root

FAMILIES = pytest.mark.parametrize("v6", [False, True], ids=["IPv4", "IPv6"])
#: Of Net-SNMP (8072), format 4 (text).
ENGINE = "80001f8804" + b"sonde".hex()


@pytest.fixture
def agent(chain: Chain, tmp_path: Path) -> Iterator[None]:
    """Run the SNMP agent of Debian at the target."""
    if shutil.which("snmpd") is None:
        pytest.skip("needs the program `snmpd`")
    configuration = tmp_path / "snmpd.conf"
    configuration.write_text(f"agentaddress udp:161,udp6:161\nexactEngineID 0x{ENGINE}\n")
    command = chain.at(
        len(chain.nodes) - 1,
        *("env", f"SNMP_PERSISTENT_DIR={tmp_path}", "snmpd", "-f", "-C", "-c", str(configuration)),
        *("-Lf", str(tmp_path / "log"), "-p", str(tmp_path / "pid")),
    )
    with subprocess.Popen(command) as running:
        yield
        running.terminate()


@FAMILIES
@pytest.mark.usefixtures("agent")
def test_a_real_agent_names_its_engine(chain: Chain, v6: bool) -> None:
    for _ in range(5):  # until it listens
        events = chain.netsonde("fingerprint", "-m", "snmpv3", chain.target(v6=v6))
        [result] = [event for event in events if event["type"] == "fingerprint"]
        if result["snmp"]:
            break
    engine = result["snmp"]
    assert (engine["engine_id"], engine["enterprise"], engine["format"]) == (ENGINE, 8072, 4)
    assert engine["text"] == "sonde"
    assert 1 <= engine["engine_boots"] <= 5
    assert engine["engine_time"] < 60


def test_linux_has_the_signature_of_linux(chain: Chain) -> None:
    events = chain.netsonde("fingerprint", "-m", "ttl,lfp", chain.target(v6=False))
    [result] = [event for event in events if event["type"] == "fingerprint"]
    assert result["ttl"] == {"echo_reply": 64, "unreachable": 64, "tcp_rst": 64}
    assert len(result["replies"]) == result["sent"] == 9
    lfp = result["lfp"]
    # Linux numbers resets 0 (they must not be fragmented), and the others per destination.
    assert lfp["tcp_ip_id"] == "zero"
    assert (lfp["icmp_size"], lfp["tcp_size"]) == (84, 40)
    assert lfp["rst_sequence"] is False


@FAMILIES
def test_routers_of_a_path_are_told_to_be_linux(chain: Chain, v6: bool) -> None:
    options = ("--fingerprint", "lfp", "--signatures", "builtin")
    events = chain.netsonde("trace", chain.target(v6=v6), *options)
    told = {event["address"]: event for event in events if event["type"] == "identification"}
    assert set(told) == set(chain.hops(v6=v6))
    for event in told.values():
        assert [each["vendor"] for each in event["vendors"]] == ["Linux"]
        assert event["exact"] is not v6, "over IPv6 there is no identification"
    done = [event for event in events if event["type"] == "done"]
    assert done[1]["counters"]["sent"] == 9 * len(told)


def test_without_privilege_nothing_is_sent_if_routers_cannot_be_fingerprinted(
    chain: Chain,
) -> None:
    command = [NETSONDE, "trace", chain.target(v6=False), "--fingerprint", "--json"]
    command += ["--allow-special-purpose", "--privilege", "none"]
    done = subprocess.run(chain.at(0, *command), check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (4, "")
    assert "raw sockets" in done.stderr
