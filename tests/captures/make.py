"""Makes the captures beside this file: `python -m tests.captures.make [NAME]`.

Needs root and scamper. It measures in live labs of netsonde, or in a chain of namespaces where it
insists on Ethernet (TCP, path MTU), so every run gives the same paths; only clocks, ports and
round-trip times differ. The JSON is what scamper's own `sc_warts2json` makes of each file.
"""

import subprocess
import sys
from pathlib import Path

from tests.system.chain import Chain

FOLDER = Path(__file__).parent
#: Instead of a lab: three Linux routers, the last link with a smaller MTU.
CHAIN = "chain"
_V4, _V6 = "5.2.0.1", "2a00:5:2::1"
_CHAIN_V4, _CHAIN_V6 = "198.18.3.2", "2001:2:0:3::2"
_MTU = 1400
_TRACES = ("udp", "udp-paris", "icmp", "icmp-paris", "tcp", "tcp-ack")
_PINGS = ("icmp-echo", "tcp-syn", "tcp-ack", "udp", "udp-dport", "tcp-ack-sport")

#: Of each file: the lab, scamper's own options, its commands.
CAPTURES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "trace-methods": (
        CHAIN,
        ("-M", "vp.example", "-l", "captures", "-L", "7", "-C", "3"),
        tuple(
            f"trace -P {method} -U {number} -t {4 * number} {target}"
            for number, method in enumerate(_TRACES, 1)
            for target in (_CHAIN_V4, _CHAIN_V6)
        ),
    ),
    "trace-labels": (
        "explicit-php",
        (),
        (f"trace -P icmp-paris -s 77 -d 99 {_V4}", f"trace {_V6}", f"trace -P udp -Q {_V4}"),
    ),
    "trace-stops": (
        "unreachable-net",
        (),
        (f"trace {_V4}", f"trace {_V6}", f"trace -m 2 {_V4}", f"trace -P icmp -m 2 {_V6}"),
    ),
    "trace-silent": (
        "silent-host",
        (),
        (
            f"trace -g 2 -q 1 -w 1 {_V4}",
            f"trace -g 2 -G 2 -q 2 -w 1 -W 2 {_V4}",
            f"trace -N 2 -g 3 -q 1 -w 1 -l 0 {_V6}",
        ),
    ),
    "trace-optional-data": (
        CHAIN,
        (),
        (
            f"trace -M {_CHAIN_V4}",
            f"trace -M {_CHAIN_V6}",
            f"trace -z 198.18.2.2 -f 2 {_CHAIN_V4}",
            f"trace -Z lss -z 198.18.3.2 -f 3 {_CHAIN_V4}",
            f"trace -T -c 95 {_CHAIN_V4}",
        ),
    ),
    "ping-methods": (
        CHAIN,
        ("-M", "vp.example"),
        tuple(
            f"ping -P {method} -c 2 -U {number} -z {4 * number} {target}"
            for number, method in enumerate(_PINGS, 1)
            for target in (_CHAIN_V4, _CHAIN_V6)
        ),
    ),
    "ping-options": (
        "plain",
        (),
        (
            f"ping -c 3 -o 2 -i 1 -s 100 -m 63 {_V4}",
            f"ping -c 1 -R -p abcd {_V4}",
            f"ping -c 1 -B 0102030405060708 -F 5 -d 9 {_V6}",
            f"ping -c 1 -C 9 -m 2 {_V4}",
            "ping -c 1 -W 1 5.1.9.9",
            f"ping -c 1 -m 2 {_V6}",
        ),
    ),
    "ping-stamps": (
        CHAIN,
        (),
        (
            f"ping -c 1 -R {_CHAIN_V4}",
            f"ping -c 1 -T tsonly {_CHAIN_V4}",
            f"ping -c 1 -T tsandaddr {_CHAIN_V4}",
            f"ping -c 1 -T tsprespec=198.18.2.2,198.18.3.2 {_CHAIN_V4}",
            f"ping -c 1 -P icmp-time {_CHAIN_V4}",
            f"ping -c 1 -P tcp-synack {_CHAIN_V4}",
            f"ping -c 1 -P tcp-rst {_CHAIN_V4}",
        ),
    ),
    "tracelb": (
        "ecmp-before",
        (),
        (
            f"tracelb -w 1 -W 15 {_V4}",
            f"tracelb -w 1 -W 15 -P icmp-echo {_V6}",
            f"tracelb -w 1 -W 15 -P udp-sport -t 8 -U 5 {_V6}",
        ),
    ),
    "tracelb-tcp": (CHAIN, (), (f"tracelb -w 1 -W 15 -P tcp-sport -q 1 {_CHAIN_V4}",)),
    "tracelb-labels": ("ecmp-explicit", (), (f"tracelb -w 1 -W 15 -c 99 {_V4}",)),
    "tracelb-silent": ("silent-lsr-explicit", (), (f"tracelb -w 1 -W 15 -q 1 {_V4}",)),
    "other-types": (
        "plain",
        (),
        ("dealias -m mercator -w 1 5.1.1.2", f"trace {_V4}", f"ping -c 1 {_V4}"),
    ),
}


def make(name: str) -> None:
    """Make one capture and its JSON."""
    lab, options, commands = CAPTURES[name]
    path = FOLDER / f"{name}.warts"
    path.unlink(missing_ok=True)
    scamper = ("scamper", "-p", "1000", "-O", "warts", "-o", str(path), *options, "-I", *commands)
    if lab == CHAIN:
        _run_in_chain(scamper)
    else:
        netsonde = Path(sys.executable).with_name("netsonde")
        subprocess.run([netsonde, "lab", "exec", "-q", lab, "--", *scamper], check=True)
    printed = subprocess.run(["sc_warts2json", path], check=True, capture_output=True).stdout
    path.with_suffix(".json").write_bytes(printed)


def _run_in_chain(command: tuple[str, ...]) -> None:
    chain = Chain(3)
    try:
        chain.build()
        chain.run("ip", "link", "set", "mtu", str(_MTU), "dev", "far3", index=3)
        chain.run("ip", "link", "set", "mtu", str(_MTU), "dev", "near3", index=4)
        chain.run(*command, timeout_s=300)
    finally:
        chain.delete()


if __name__ == "__main__":
    for capture in sys.argv[1:] or CAPTURES:
        make(capture)
