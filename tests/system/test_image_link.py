"""The image on a TAP interface of a real kernel: addresses from dnsmasq."""

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system import image

pytestmark = [pytest.mark.root, pytest.mark.tun]

_numbers = itertools.count()

#: Opens the TAP interface (TUNSETIFF), and turns into the image with it as descriptor 3.
_ATTACH = """
import fcntl, os, struct, sys
tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, 0x400454CA, struct.pack("16sH22x", b"tap0", 0x1002))
os.dup2(tap, 3)
os.set_inheritable(3, True)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Link:
    """A namespace with a TAP interface, whose kernel answers at 10.99.0.1 and 2001:db8:99::1."""

    def __init__(self) -> None:
        self.name = f"sondeimage{os.getpid()}-{next(_numbers)}"
        self._run("ip", "netns", "add", self.name)
        for command in (
            "tuntap add dev tap0 mode tap",
            "link set tap0 address 02:00:00:00:00:99",
            "address add 10.99.0.1/24 dev tap0",
            "address add 2001:db8:99::1/64 dev tap0 nodad",
            "address add fe80::99/64 dev tap0 nodad",
            "link set tap0 up",
            "link set lo up",
        ):
            self._run("ip", "-n", self.name, *command.split())

    def inside(self, *command: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, *command]

    def start(self, elf: Path, words: str) -> "subprocess.Popen[bytes]":
        command = self.inside(sys.executable, "-c", _ATTACH, str(elf), *words.split())
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def delete(self) -> None:
        self._run("ip", "netns", "delete", self.name)

    @staticmethod
    def _run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def link() -> Iterator[Link]:
    made = Link()
    try:
        yield made
    finally:
        made.delete()


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    return image.elf(tmp_path)


@pytest.mark.parametrize(
    "case",
    [
        (
            "ip=dhcp",
            "--dhcp-range=10.99.0.20,10.99.0.20,255.255.255.0,1h",
            "10.99.0.1",
            "10.99.0.20",
        ),
        (
            "ip6=slaac",
            "--dhcp-range=2001:db8:99::,ra-only",
            "2001:db8:99::1",
            "2001:db8:99::ff:fe73:6f6e",
        ),
        (
            "ip6=dhcp",
            "--dhcp-range=2001:db8:99::20,2001:db8:99::20,64,1h",
            "2001:db8:99::1",
            "2001:db8:99::20",
        ),
    ],
    ids=["dhcp", "slaac", "dhcp6"],
)
def test_a_real_server_gives_addresses(
    elf: Path, link: Link, tmp_path: Path, case: tuple[str, str, str, str]
) -> None:
    words, served, target, source = case
    if shutil.which("dnsmasq") is None:
        pytest.skip("needs Debian's dnsmasq-base")
    leases = f"--dhcp-leasefile={tmp_path / 'leases'}"
    server = subprocess.Popen(
        link.inside(
            *("dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root"),
            *("--interface=tap0", "--bind-dynamic", "--enable-ra", leases, served),
        ),
        stderr=subprocess.DEVNULL,
    )
    try:
        with link.start(elf, f"{words} lease_ms=30000 mac=02:00:00:73:6f:6e") as started:
            output, _ = started.communicate(image.job(target=target), timeout=60)
    finally:
        server.terminate()
        server.wait()
    events = image.events(output)
    assert events[-1]["type"] == "done", events
    result = events[-2]
    assert result["source"] == source
    assert len(result["replies"]) == 3
