"""Fingerprints of the routers of paths."""

import json
import re
from pathlib import Path

import pytest

from netsonde.formats import Packet, read
from tests.cli.commands import netsonde

LAB = ("--lab", "agents")


@pytest.mark.parametrize("command", ["trace", "tnt"])
def test_each_router_is_fingerprinted_once(command: str) -> None:
    printed = netsonde(command, "5.2.0.1", "5.2.0.1", "host", *LAB, "--fingerprint", "--json").out
    lines = [json.loads(line) for line in printed.splitlines()]
    starts = [line["kind"] for line in lines if line["type"] == "start"]
    assert starts == [command, "fingerprint"]
    targets = [line["target"] for line in lines if line["type"] == "fingerprint"]
    assert len(targets) == len(set(targets)) > 2
    dones = [line for line in lines if line["type"] == "done"]
    assert dones[1]["targets_done"] == len(targets)


def test_tables_tell_who_and_the_cost(tmp_path: Path) -> None:
    pcap = tmp_path / "a.pcapng"
    options = ("--fingerprint", "lfp,snmpv3", "--signatures", "builtin", "--pcap", str(pcap))
    shown = netsonde("trace", "5.2.0.1", *LAB, *options)
    assert shown.status == 0, shown.err
    path, told = shown.out.split("reached in")
    routers = [line.split()[1] for line in path.splitlines() if line[:3].strip().isdecimal()]
    named = re.findall(r"^fingerprint of (\S+)", told, re.MULTILINE)
    assert named == routers, "they come as on the path"
    assert "vendor  by snmpv3-enterprise: Cisco" in shown.out
    last = shown.out.splitlines()[-1]
    assert last.startswith("fingerprints: routers ")
    jobs = {one.section_comment for one in read(pcap) if isinstance(one, Packet)}
    assert len(jobs) >= 1, "what both jobs sent is there"
    sent = int(last.rpartition(" ")[2])
    assert len(pcap.read_bytes()) > sent * 60


def test_wrong_methods_and_files_are_told_before_anything_is_sent(tmp_path: Path) -> None:
    wrong = netsonde("trace", "5.2.0.1", *LAB, "--fingerprint", "smoke")
    assert wrong.status == 2
    assert "Targets go before the option" in wrong.err
    missing = netsonde("trace", "5.2.0.1", *LAB, "--signatures", str(tmp_path / "none"))
    assert missing.status == 4
    assert missing.out == ""
