"""QEMU runs as nobody, in namespaces of its own, sealed, and with a limit on its memory."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from netsonde.lab import load
from netsonde.measure import choose, job, request
from netsonde.model import Kind, Target
from netsonde.runtime import LabNetwork, Limits, Runtime
from netsonde.runtime._qemu import OVERHEAD_BYTES

SPACES = ("net", "ipc", "uts")


class Seen(dict[str, list[str]]):
    """What /proc says of a process: fields of its status, its limits and its namespaces."""

    def __init__(self, pid: int) -> None:
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        super().__init__((line.partition(":")[0], line.split()[1:]) for line in status)
        spaces = [Path(f"/proc/{pid}/ns/{name}").readlink() for name in SPACES]
        self.spaces = {str(space) for space in spaces}
        self.cards = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
        limits = Path(f"/proc/{pid}/limits").read_text()
        self.memory_bytes = limits.partition("Max address space")[2].split()[0]


async def seen(runtime: Runtime) -> Seen:
    """Return what a machine's QEMU is while the machine works."""
    vantage = choose(load("plain"))
    target = Target(address="5.2.0.1", source=vantage.source("5.2.0.1"))
    asked = job(request(Kind.PING, {"count": 99}), vantage, [target])
    async with runtime.start(asked) as run:
        async for _ in run:
            return Seen(run.pid)
    raise AssertionError("it ended without an event")


@pytest.mark.root
@pytest.mark.tun
def test_qemu_has_nothing_but_its_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("qemu-system-x86_64") is None:
        pytest.skip("needs the program `qemu-system-x86_64` (qemu-system-x86)")
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    limits = Limits(memory_bytes=8 << 20)
    runtime = Runtime("unikernel", LabNetwork(load("plain")), limits=limits)
    found = asyncio.run(seen(runtime))
    assert found["Name"] == ["qemu-system-x86"]
    assert found["Uid"] == ["65534"] * 4
    assert found["Groups"] == []
    for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
        assert int(found[name][0], 16) == 0
    assert found["NoNewPrivs"] == ["1"]
    assert found["Seccomp"] == ["2"], "no filter"
    assert not Seen(os.getpid()).spaces & found.spaces
    assert [line.split(":")[0].strip() for line in found.cards] == ["lo"]
    assert found.memory_bytes == str((8 << 20) + OVERHEAD_BYTES)
