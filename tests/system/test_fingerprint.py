"""Fingerprints of a real Linux host, and of a real SNMP agent."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.chain import Chain

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
