"""The real image gives the same hops wherever it runs, in labs and behind this host."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from netsonde.aio import tnt
from netsonde.lab import load
from netsonde.model import TntResult
from netsonde.runtime import LabNetwork, Runtime, RuntimeVantage
from tests.system.killed import works
from tests.system.pair import NETSONDE, Pair

pytestmark = [pytest.mark.root, pytest.mark.tun]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))


def seen(result: TntResult) -> tuple[object, ...]:
    """Return what of a result does not depend on time."""
    return (
        [hop.address for hop in result.hops],
        [router.address for router in result.hidden],
        result.reached,
    )


@pytest.mark.parametrize("scenario", ["invisible-php-brpr", "explicit-php"])
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("runtime", ["process", "podman", "docker", "unikernel"])
def test_the_hops_are_those_of_virtual_time(runtime: str, version: int, scenario: str) -> None:
    if not works(runtime):
        pytest.skip(f"{runtime} does not work here")
    lab = load(scenario)
    (target, *_) = [str(one) for one in lab.targets if one.version == version]

    async def both() -> tuple[TntResult, TntResult]:
        vantage = RuntimeVantage(Runtime(runtime, LabNetwork(load(scenario))))
        return await tnt(target, vantage=lab), await tnt(target, vantage=vantage)

    expected, found = asyncio.run(both())
    assert seen(found) == seen(expected)
    assert expected.runtime is None
    assert found.runtime is not None
    assert runtime in {found.runtime.name, found.runtime.engine}


@pytest.mark.parametrize("runtime", ["process", "unikernel"])
def test_behind_this_host_replies_find_the_way_back(forwarding_pair: Pair, runtime: str) -> None:
    ran = forwarding_pair.pings_behind(runtime)
    assert ran["name"] == runtime
    assert ran["image"].startswith("sha256:")
    assert forwarding_pair.run("nft", "list", "tables") == ""


def test_the_command_line_boots_a_machine_in_the_lab() -> None:
    assert shutil.which("qemu-system-x86_64"), "apt-get install qemu-system-x86"
    done = subprocess.run(
        [NETSONDE, "tnt", "5.2.0.1", "--lab", "invisible-php", "--runtime", "unikernel"],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "3 hidden routers" in done.stdout
