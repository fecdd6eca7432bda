"""A small Internet of network namespaces: a host, a tree of real Linux routers, prefixes as leaves.

Router `n` hangs below router `(n - 1) // 3` by link `n`: 198.18.x.y/31 and
2001:2:0:1000+n::/127, the upper end first. Leaf `k` answers for all of 198.19.k.0/24 and
2001:2:0:2000+k::/64. All of it is in the benchmark ranges (RFC 2544, RFC 5180).
"""

import ipaddress
import itertools
import os
import subprocess
from collections.abc import Iterator

from tests.system.chain import _run

#: Routers below each router.
FAN = 3
_LEAVES_MAX = 256
_numbers = itertools.count()


class Internet:
    """A host and a tree of routers; router 0 is the host's gateway.

    Args:
        routers: How many, 1 to 384.
    """

    def __init__(self, routers: int) -> None:
        self.stem = f"sonde{os.getpid()}-net{next(_numbers)}"
        self.routers = routers
        self.leaves = [node for node in range(routers) if FAN * node + 1 >= routers]
        assert len(self.leaves) <= _LEAVES_MAX, "leaf prefixes are one /16"

    @property
    def host(self) -> str:
        """The host's namespace."""
        return f"{self.stem}-host"

    def router(self, node: int) -> str:
        """Return the namespace of a router."""
        return f"{self.stem}-{node}"

    def prefixes(self, *, v6: bool) -> list[str]:
        """Return the prefix of each leaf."""
        return [_leaf(index, v6=v6) for index in range(len(self.leaves))]

    def path(self, leaf: int, target: str) -> list[str]:
        """Return the addresses that a trace from the host to a target of a leaf shows."""
        above = list(_ancestors(self.leaves[leaf]))[::-1]
        return [*(_link(node, 1, v6=":" in target) for node in above[:-1]), target]

    def build(self) -> None:
        """Make the namespaces, links, addresses and routes."""
        names = [self.host, *map(self.router, range(self.routers))]
        _run("ip", "-batch", "-", text="\n".join(f"netns add {name}" for name in names))
        links = [
            f"link add lower{node} address {_mac(node, 0)} netns {self._above(node)} type veth "
            f"peer name upper address {_mac(node, 1)} netns {self.router(node)}"
            for node in range(self.routers)
        ]
        _run("ip", "-batch", "-", text="\n".join(links), timeout_s=300)
        self._configure(self.host, self._host_lines())
        for node in range(self.routers):
            self._configure(self.router(node), self._router_lines(node))
        for v6 in (False, True):
            # New IPv6 neighbours need a second to find each other; the last router was made last.
            target = _leaf(len(self.leaves) - 1, v6=v6).partition("/")[0]
            target = str(ipaddress.ip_address(target) + 1)
            _run(*self.at_host("ping", "-q", "-n", "-c", "1", "-w", "30", target))

    def delete(self) -> None:
        """Delete every namespace that was made."""
        listed = subprocess.run(["ip", "netns"], check=False, capture_output=True, text=True)
        mine = [line.split()[0] for line in listed.stdout.splitlines() if self.stem in line]
        lines = "\n".join(f"netns del {name}" for name in mine)
        command = ["ip", "-force", "-batch", "-"]
        subprocess.run(command, input=lines, check=False, capture_output=True, text=True)

    def at_host(self, *command: str) -> list[str]:
        """Return the command that runs another one at the host."""
        return ["ip", "netns", "exec", self.host, *command]

    def _above(self, node: int) -> str:
        return self.router((node - 1) // FAN) if node else self.host

    def _configure(self, name: str, lines: list[str]) -> None:
        switches = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        limits = ("net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
        doubts = ("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0")
        _run("ip", "netns", "exec", name, "sysctl", "-qw", *switches, *limits, *doubts)
        _run("ip", "-n", name, "-batch", "-", text="\n".join(["link set lo up", *lines]))

    def _host_lines(self) -> list[str]:
        lines = list(_addressed("lower0", 0, 0))
        return lines + [
            f"route add {everything} via {_link(0, 1, v6=v6)}"
            for v6, everything in ((False, "0.0.0.0/0"), (True, "::/0"))
        ]

    def _router_lines(self, node: int) -> list[str]:
        below = range(FAN * node + 1, min(FAN * node + FAN + 1, self.routers))
        lines = list(_addressed("upper", node, 1))
        for child in below:
            lines += _addressed(f"lower{child}", child, 0)
        for v6, everything in ((False, "0.0.0.0/0"), (True, "::/0")):
            lines.append(f"route add {everything} via {_link(node, 0, v6=v6)}")
            for child in below:
                via = _link(child, 1, v6=v6)
                for prefix in self._behind(child, v6=v6):
                    lines.append(f"route add {prefix} via {via}")
            if node in self.leaves:
                leaf = _leaf(self.leaves.index(node), v6=v6)
                lines.append(f"route add local {leaf} dev lo")
        return lines

    def _behind(self, node: int, *, v6: bool) -> Iterator[str]:
        """Yield what lies behind a router: links of those below it, and leaves."""
        for other in range(node, self.routers):
            if node in _ancestors(other):
                if other != node:
                    yield f"{_link(other, 0, v6=v6)}/{127 if v6 else 31}"
                if other in self.leaves:
                    yield _leaf(self.leaves.index(other), v6=v6)


def _ancestors(node: int) -> Iterator[int]:
    """Yield a router and those above it, the gateway last."""
    yield node
    while node:
        node = (node - 1) // FAN
        yield node


def _addressed(device: str, link: int, side: int) -> Iterator[str]:
    yield f"address add {_link(link, side, v6=False)}/31 dev {device}"
    yield f"address add {_link(link, side, v6=True)}/127 dev {device} nodad"
    yield f"link set {device} up"
    # The kernel's tables of neighbours are shared by all namespaces, and too small for so many.
    for v6 in (False, True):
        other = f"{_link(link, 1 - side, v6=v6)} lladdr {_mac(link, 1 - side)}"
        yield f"neigh add {other} dev {device} nud permanent"


def _mac(link: int, side: int) -> str:
    return f"02:00:00:{link >> 8:02x}:{link & 255:02x}:{side:02x}"


def _link(link: int, side: int, *, v6: bool) -> str:
    if v6:
        return str(ipaddress.ip_address(f"2001:2:0:{0x1000 + link:x}::{side}"))
    return f"198.18.{2 * link >> 8}.{(2 * link & 255) + side}"


def _leaf(index: int, *, v6: bool) -> str:
    return f"2001:2:0:{0x2000 + index:x}::/64" if v6 else f"198.19.{index}.0/24"
