"""A chain of network namespaces: a host, real Linux routers, and a target, joined by veth pairs.

Addresses are of the benchmark range (RFC 2544, RFC 5180): link `k` is 198.18.k.0/24 and
2001:2:0:k::/64, its near side .1, its far side .2. Each node is a namespace of its own, with a
name that no other run has; all are deleted in the end, and with them everything in them.
"""

import ipaddress
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: Where packets vanish: the last router drops them without a word.
SILENT_V4 = "198.18.99.1"
SILENT_V6 = "2001:2:0:99::1"
_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs")
#: Root by name, without a single capability.
_POWERLESS = ("setpriv", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs")
#: The command, of the Python that runs the tests.
NETSONDE = str(Path(sys.executable).with_name("netsonde"))

_numbers = itertools.count()


def without_rights() -> tuple[str, ...]:
    """Return the command that runs another one without rights: as nobody, if Python can be."""
    start = "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"
    tried = subprocess.run(
        [*_NOBODY, sys.executable, "-c", start], check=False, capture_output=True
    )
    return _NOBODY if tried.returncode == 0 else _POWERLESS


class Chain:
    """A host at index 0, routers, and the target at the last index.

    Args:
        routers: How many routers.
    """

    def __init__(self, routers: int) -> None:
        stem = f"sonde{os.getpid()}-{next(_numbers)}"
        self.nodes = [f"{stem}-{index}" for index in range(routers + 2)]

    def build(self) -> None:
        """Make the namespaces, links, addresses and routes."""
        for node in self.nodes:
            _run("ip", "netns", "add", node)
            self._set_up(node)
        for index, (near, far) in enumerate(itertools.pairwise(self.nodes)):
            _run(
                *("ip", "-n", near, "link", "add", f"far{index}", "type", "veth"),
                *("peer", "name", f"near{index}", "netns", far),
            )
        for index, node in enumerate(self.nodes):
            self._configure(index, node)
        self._wait_until_joined()

    def delete(self) -> None:
        """Delete every namespace that was made."""
        for node in self.nodes:
            subprocess.run(["ip", "netns", "del", node], check=False, capture_output=True)

    def hops(self, *, v6: bool) -> list[str]:
        """Return the addresses that a traceroute from the host shows, the target last."""
        links = range(len(self.nodes) - 1)
        return [_address(link, 2, v6=v6) for link in links]

    def target(self, *, v6: bool) -> str:
        """Return the target's address."""
        return self.hops(v6=v6)[-1]

    def host(self, *, v6: bool) -> str:
        """Return the host's address."""
        return _address(0, 1, v6=v6)

    def at(self, index: int, *command: str) -> list[str]:
        """Return the command that runs another one at a node."""
        return ["ip", "netns", "exec", self.nodes[index], *command]

    def run(self, *command: str, index: int = 0, timeout_s: float = 60) -> str:
        """Run a command at a node; return what it prints."""
        return _run(*self.at(index, *command), timeout_s=timeout_s)

    def netsonde(self, *arguments: str, prefix: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Run netsonde at the host; return the events."""
        printed = self.run(*prefix, NETSONDE, *arguments, "--json", "--allow-special-purpose")
        return [json.loads(line) for line in printed.splitlines()]

    def _wait_until_joined(self) -> None:
        """Wait until the target answers: new IPv6 neighbours need a second to find each other."""
        if shutil.which("ping"):
            for v6 in (False, True):
                self.run("ping", "-q", "-n", "-c", "1", "-w", "30", self.target(v6=v6))

    def _configure(self, index: int, node: str) -> None:
        last = len(self.nodes) - 1
        batch = ["link set lo up"]
        for side, link, device in ((2, index - 1, f"near{index - 1}"), (1, index, f"far{index}")):
            if 0 <= link < last:
                batch.append(f"address add {_address(link, side, v6=False)}/24 dev {device}")
                batch.append(f"address add {_address(link, side, v6=True)}/64 dev {device} nodad")
                batch.append(f"link set {device} up")
        for v6 in (False, True):
            if index < last:
                everything = "::/0" if v6 else "0.0.0.0/0"
                batch.append(f"route add {everything} via {_address(index, 2, v6=v6)}")
            for link in range(index - 1):
                network = f"2001:2:0:{link}::/64" if v6 else f"198.18.{link}.0/24"
                batch.append(f"route add {network} via {_address(index - 1, 1, v6=v6)}")
        if index == last - 1:
            batch.append("route add blackhole 198.18.99.0/24")
            # IPv6 answers for a blackhole of its own: what goes to nobody is dropped.
            batch.append(f"route add 2001:2:0:99::/64 dev far{index}")
        _run("ip", "-n", node, "-batch", "-", text="\n".join(batch))

    def _set_up(self, node: str) -> None:
        """Let the node forward, answer each of our few packets, and use its addresses at once."""
        _run(
            *("ip", "netns", "exec", node, "sysctl", "-qw"),
            *("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"),
            *("net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0"),
            *("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0"),
        )


def _address(link: int, side: int, *, v6: bool) -> str:
    text = f"2001:2:0:{link}::{side}" if v6 else f"198.18.{link}.{side}"
    return str(ipaddress.ip_address(text))


def _run(*command: str, text: str | None = None, timeout_s: float = 60) -> str:
    done = subprocess.run(
        command, input=text, check=False, capture_output=True, text=True, timeout=timeout_s
    )
    if done.returncode not in (0, 3):
        message = f"{' '.join(command)}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        raise AssertionError(message)
    return done.stdout
