"""Two namespaces and a veth pair, and a watch on what leaves by it."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

#: The far end answers for these, and drops what goes to those.
ANSWERING, SILENT = "10.16.0.0/16", "10.32.0.0/11"
#: Seconds between two looks at the counter of packets.
LOOK_S = 0.002

#: Names of this process: two that measure at once leave each other alone.
_NEAR, _FAR = f"bench-near-{os.getpid()}", f"bench-far-{os.getpid()}"
_SETUP = f"""
ip netns add {_NEAR}
ip netns add {_FAR}
ip link add wire netns {_NEAR} type veth peer name eriw netns {_FAR}
ip -n {_NEAR} link set wire address 02:00:00:00:00:01
ip -n {_FAR} link set eriw address 02:00:00:00:00:02
ip -n {_NEAR} address add 10.0.0.1/24 dev wire
ip -n {_FAR} address add 10.0.0.2/24 dev eriw
ip -n {_NEAR} link set wire up
ip -n {_NEAR} link set lo up
ip -n {_FAR} link set eriw up
ip -n {_FAR} link set lo up
ip -n {_FAR} route add local {ANSWERING} dev lo
ip -n {_NEAR} neighbour add 10.0.0.2 lladdr 02:00:00:00:00:02 dev wire
ip -n {_FAR} neighbour add 10.0.0.1 lladdr 02:00:00:00:00:01 dev eriw
ip -n {_NEAR} route add default via 10.0.0.2
"""


class Seen(NamedTuple):
    """What left while a program ran."""

    packets: int
    seconds: float

    @property
    def pps(self) -> float:
        """Packets per second, from the first to the last."""
        return self.packets / self.seconds if self.seconds else 0.0


class World:
    """The namespaces, as long as the context lasts."""

    gateway = "02:00:00:00:00:02"
    source = "10.0.0.1"
    hardware = "02:00:00:00:00:01"

    def __enter__(self) -> Self:
        self._delete()
        for command in _SETUP.strip().splitlines():
            subprocess.run(command.split(), check=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._delete()

    def near(self, *command: str) -> list[str]:
        """Return a command to be run where packets come from."""
        return ["ip", "netns", "exec", _NEAR, *command]

    def answer(self, prefix: str) -> None:
        """Let the far end answer for a further prefix."""
        command = ["ip", "-n", _FAR, "route", "add", "local", prefix, "dev", "lo"]
        subprocess.run(command, check=True)

    def interface(self) -> int:
        """Return the index of the near interface."""
        shown = subprocess.run(
            ["ip", "-n", _NEAR, "-o", "link", "show", "wire"],
            check=True,
            capture_output=True,
            text=True,
        )
        return int(shown.stdout.partition(":")[0])

    def run(self, *command: str) -> tuple[Seen, str]:
        """Run a program, and return what left meanwhile and what it printed."""
        watch = [sys.executable, "-I", str(Path(__file__)), "watch"]
        with subprocess.Popen(
            self.near(*watch), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as watching:
            assert watching.stdout is not None, "it was piped"
            watching.stdout.readline()
            done = subprocess.run(
                self.near(*command), check=True, stdout=subprocess.PIPE, text=True, timeout=120
            )
            printed, _ = watching.communicate()
        packets, seconds = printed.split()
        return Seen(int(packets), float(seconds)), done.stdout

    def _delete(self) -> None:
        for name in (_NEAR, _FAR):
            if Path(f"/run/netns/{name}").exists():
                subprocess.run(["ip", "netns", "delete", name], check=True)


def watch() -> None:
    """Look at the counter until the input ends; print how many packets left, and in how long."""
    counter = os.open("/sys/class/net/wire/statistics/tx_packets", os.O_RDONLY)
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    begun = last = int(os.pread(counter, 32, 0))
    first_s = last_s = time.monotonic()
    print("ready", flush=True)
    while not ended.wait(LOOK_S):
        now, now_s = int(os.pread(counter, 32, 0)), time.monotonic()
        if now != last:
            first_s = now_s - LOOK_S if last == begun else first_s
            last, last_s = now, now_s
    print(last - begun, last_s - first_s)


if __name__ == "__main__":
    watch()
