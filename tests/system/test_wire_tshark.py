"""Wireshark's dissectors read what netsonde-wire writes, and see what was meant."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Preferences that make the dissectors check what they can.
CHECKS = [f"-o{layer}.check_checksum:TRUE" for layer in ("ip", "udp", "tcp")]

#: Wireshark looks for ICMPv6 extensions where the length says: this style misleads it on purpose.
MISLED = "labels-length-17-v6"


@dataclass(frozen=True)
class Capture:
    """A capture of every sample frame, with the frames' names in order."""

    path: Path
    names: tuple[str, ...]

    def fields(self, *fields: str, where: str = "frame") -> dict[str, list[str]]:
        """Return the given fields of each frame that matches, by the frame's name."""
        arguments = [f"-e{field}" for field in ("frame.number", *fields)]
        rows = (line.split("\t") for line in self._tshark(where, "-Tfields", *arguments))
        return {self.names[int(number) - 1]: values for number, *values in rows}

    def text(self, name: str) -> list[str]:
        """Return a frame's whole dissection, line by line."""
        number = self.names.index(name) + 1
        return [line.strip() for line in self._tshark(f"frame.number == {number}", "-V")]

    def _tshark(self, where: str, *arguments: str) -> list[str]:
        command = ["tshark", "-nr", str(self.path), *CHECKS, "-Y", where, *arguments]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return result.stdout.splitlines()


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Capture:
    for program in ("cargo", "tshark"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    path = tmp_path_factory.mktemp("wire") / "samples.pcap"
    names = subprocess.run(
        ["cargo", "run", "-q", "--locked", "-pnetsonde-wire", "--example=samples", "pcap", path],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.split()
    return Capture(path, tuple(names))


def test_every_frame_is_dissected(capture: Capture) -> None:
    assert len(capture.names) == len(set(capture.names)) > 60
    assert list(capture.fields()) == list(capture.names)


def test_no_frame_is_malformed(capture: Capture) -> None:
    assert capture.fields("_ws.malformed", where="_ws.malformed || _ws.short") == {}


def test_no_checksum_is_bad(capture: Capture) -> None:
    layers = ("ip", "udp", "tcp", "icmp", "icmpv6", "icmp.ext")
    bad = " || ".join(f'{layer}.checksum.status == "Bad"' for layer in layers)
    # A quoted datagram that is cut cannot be summed, so only whole packets are judged by it.
    assert [name for name in capture.fields(where=bad) if MISLED not in name] == []
    good = capture.fields(where='icmp.ext.checksum.status == "Good"')
    assert {"time-exceeded-objects-v4", "time-exceeded-objects-v6"} <= set(good)


def test_label_stacks_are_seen(capture: Capture) -> None:
    stacks = capture.fields("icmp.mpls.label", "icmp.mpls.ttl", where="icmp.mpls.label")
    assert set(map(tuple, stacks.values())) == {("24001,299776", "1,254")}
    for name in capture.names:
        # Wireshark knows one older style only for ICMP, and the others not at all.
        known = name.endswith(("labels-rfc4884-v4", "labels-rfc4884-v6", "labels-length-zero-v4"))
        assert name in stacks or not known, name


@pytest.mark.parametrize("version", [4, 6])
def test_extension_objects_are_seen(capture: Capture, version: int) -> None:
    lines = capture.text(f"time-exceeded-objects-v{version}")
    assert "Interface Index: 42" in lines
    assert f"Address Family Identifier: {1 if version == 4 else 2}" in lines
    assert "Name: ge-0/0/1.0" in lines
    assert "Maximum Transmission Unit: 9000" in lines
    assert "Unknown object (200/9)" in lines


def test_the_link_is_seen(capture: Capture) -> None:
    assert capture.fields("vlan.id", "vlan.priority", where="vlan") == {
        "vlan": ["2748", "5"],
        "vlan-in-vlan": ["2748", "5"],
    }
    assert capture.fields("ieee8021ad.id", where="ieee8021ad") == {"vlan-in-vlan": ["100"]}
    mpls = capture.fields("mpls.label", "mpls.bottom", "mpls.ttl", where="mpls")
    assert mpls == {"mpls": ["24001,16", "0,1", "254,1"]}
    arp = capture.fields("arp.opcode", "arp.dst.proto_ipv4", where="arp")
    assert arp == {"arp-request": ["1", "5.1.0.2"], "arp-reply": ["2", "5.1.0.1"]}


def test_neighbour_discovery_is_seen(capture: Capture) -> None:
    kinds = capture.fields("icmpv6.type", "ipv6.hlim", where="icmpv6.type >= 133")
    assert {name: values[0] for name, values in kinds.items()} == {
        "nd-rs": "133",
        "nd-ra": "134",
        "nd-ns": "135",
        "nd-na": "136",
        "nd-redirect": "137",
    }
    option = ("icmpv6.opt.prefix", "icmpv6.opt.prefix.length", "icmpv6.opt.mtu")
    assert capture.fields(*option, where="icmpv6.opt.prefix") == {
        "nd-ra": ["2a00:1::", "64", "1500"]
    }


def test_headers_are_seen(capture: Capture) -> None:
    options = capture.fields("ip.opt.type", where="ip.opt.type")
    assert options == {"options-v4": ["148,1,7"]}
    chain = ("ipv6.hopopts.nxt", "ipv6.dstopts.nxt", "ipv6.fraghdr.ident")
    assert capture.fields(*chain, where="ipv6.dstopts") == {
        "extensions-v6": ["60", "44", "0x00001234"]
    }
    syn = capture.fields(
        "tcp.options.mss_val", "tcp.options.wscale.shift", where="tcp.flags.syn==1"
    )
    assert {name: syn[name] for name in ("tcp-syn-v4", "tcp-syn-v6")} == {
        "tcp-syn-v4": ["1460", "7"],
        "tcp-syn-v6": ["1460", "7"],
    }
