"""Captures by netsonde beside those of dumpcap, on real Linux routers."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from netsonde import formats
from netsonde.formats import Direction, Packet
from tests.formats.samples import until_error
from tests.system.chain import NETSONDE, Chain, without_rights

pytestmark = pytest.mark.root
FAMILIES = pytest.mark.parametrize("v6", [False, True], ids=["IPv4", "IPv6"])
#: How far the kernel's own stamps of a packet may be apart: from the socket, and from the wire.
APART_NS = 20_000_000
#: Replies before a measurement is killed.
REPLIES = 30


def packets(path: Path) -> list[Packet]:
    return [record for record in formats.read(path) if isinstance(record, Packet)]


def inner(packet: Packet) -> bytes:
    """Return a frame without its Ethernet header and padding."""
    data = packet.data[14:] if packet.link_type == 1 else packet.data
    v6 = data[0] >> 4 == 6
    size = 40 + int.from_bytes(data[4:6]) if v6 else int.from_bytes(data[2:4])
    return data[:size]


@FAMILIES
@pytest.mark.parametrize("link", ["packet", "raw"])
def test_it_has_what_the_wire_had(chain: Chain, tmp_path: Path, link: str, v6: bool) -> None:
    ours, wire = tmp_path / "ours.pcapng", tmp_path / "wire.pcapng"
    wanted = "icmp6 and ip6[40] != 135 and ip6[40] != 136" if v6 else "icmp"
    # It ends by itself once it has all: a probe and an answer for each hop.
    count = 2 * len(chain.hops(v6=v6))
    dumpcap = ["dumpcap", "-q", "-i", "far0", f"-c{count}", "-f", wanted, "-w", str(wire)]
    with subprocess.Popen(chain.at(0, *dumpcap), stderr=subprocess.PIPE, text=True) as capturing:
        assert capturing.stderr is not None, "it was piped"
        while "File:" not in capturing.stderr.readline():
            pass
        events = chain.netsonde("trace", chain.target(v6=v6), "--link", link, "--pcap", str(ours))
        capturing.communicate(timeout=30)
    assert events[-1]["counters"]["uncaptured"] == 0
    mine, seen = packets(ours), packets(wire)
    assert {one.section_comment for one in mine} == {events[0]["job"]}
    on_wire = {inner(one): one for one in seen}
    sent = [one for one in mine if one.direction is Direction.SENT]
    answers = [one for one in mine if one.comment.startswith("answers ")]
    assert len(sent) == events[-1]["counters"]["sent"]
    assert len(answers) == events[-1]["counters"]["received"]
    for one in (sent if link == "packet" else []) + ([] if v6 and link == "raw" else answers):
        twin = on_wire[one.data]
        assert abs(twin.time_ns - one.time_ns) < APART_NS


@FAMILIES
def test_tshark_reads_it_and_finds_no_fault(chain: Chain, tmp_path: Path, v6: bool) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("needs the program `tshark`")
    path = tmp_path / "a.pcapng"
    chain.netsonde("ping", chain.target(v6=v6), "-c", "2", "--pcap", str(path))
    shown = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-o", "ip.check_checksum:TRUE", "-V"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert shown.count("Echo (ping) request") >= 2
    assert shown.count("Packet comments") == 4
    assert "answers probe" in shown
    assert "Checksum Status: Bad" not in shown
    assert "Malformed" not in shown


def test_without_privilege_it_says_what_it_does_not_know(chain: Chain, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    path = tmp_path / "a.pcapng"
    target = chain.target(v6=False)
    options = ("-m", "udp-paris", "--pcap", str(path))
    prefix = without_rights()
    for parent in tmp_path.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o005)
    events = chain.netsonde("trace", target, *options, prefix=prefix)
    assert events[0]["privilege"] == "none"
    assert len(packets(path)) >= events[-1]["counters"]["sent"]
    assert b"without privilege the kernel chooses source ports" in path.read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_whoever_is_killed_it_is_whole(
    chain: Chain, tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "a.pcapng"
    command = [NETSONDE, "ping", chain.target(v6=False), "-c", "999", "-i", "20", "--json"]
    command += ["--allow-special-purpose", "--pcap", str(path)]
    with subprocess.Popen(chain.at(0, *command), stdout=subprocess.PIPE) as running:
        assert running.stdout is not None, "it was piped"
        replies = 0
        while replies < REPLIES:
            replies += b'"ping-reply"' in running.stdout.readline()
        os.kill(running.pid, number)
        # Its end is read, so that it may end.
        running.stdout.read()
        status = running.wait(30)
    assert status == (130 if number is signal.SIGINT else -signal.SIGKILL)
    found, error = until_error(path.read_bytes(), "pcapng")
    assert error is None or number is signal.SIGKILL
    # What was told of is in the file already.
    assert len(found) >= 2 * REPLIES
