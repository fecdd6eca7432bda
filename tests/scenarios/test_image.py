"""In virtual time the image gives every golden result, as a process and as a machine."""

import asyncio
import json
import shutil
from collections.abc import Callable

import msgspec
import pytest

from netsonde import _core
from netsonde.image import Store, Trust
from netsonde.lab import Lab, load
from netsonde.measure import choose, job, request
from netsonde.model import Event, Kind, Start, Target, TntResult, decode_event
from netsonde.runtime import LabNetwork, Limits, Runtime, RuntimeVantage
from tests.scenarios import golden

_QEMU = "qemu-system-x86_64"
#: What is drawn here, is drawn alike wherever the engine runs.
_BY_CHANCE = ["lossy", "rate-limited", "ecmp-per-packet", "middleboxes"]

RuntimeIn = Callable[[Lab], Runtime]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    if not _core.image():
        pytest.skip("this build carries no image: x86-64 Linux and `make build` have one")
    folder = tmp_path_factory.mktemp("image")
    return Store(folder / "images", Trust(folder / "keys"))


@pytest.fixture(params=["process", "unikernel"])
def runtime_in(request: pytest.FixtureRequest, store: Store) -> RuntimeIn:
    """Return what makes a runtime whose card is in a lab."""
    if request.param == "unikernel" and shutil.which(_QEMU) is None:
        pytest.skip("needs qemu-system-x86")

    def make(lab: Lab) -> Runtime:
        network = LabNetwork(lab, virtual_time=True)
        return Runtime(request.param, network, limits=Limits(time_s=60), store=store)

    return make


@pytest.mark.parametrize("name", golden.names())
def test_the_image_gives_the_golden_result(name: str, runtime_in: RuntimeIn) -> None:
    wanted = json.loads(golden.path_of(name).read_text())
    found = golden.produce(name, lambda lab: RuntimeVantage(runtime_in(lab)))
    assert json.loads(golden.render(found)) == wanted


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("name", _BY_CHANCE)
def test_the_image_gives_the_same_events(name: str, version: int, runtime_in: RuntimeIn) -> None:
    """Round trips, identifications and counters, too: all but who says it."""
    lab = load(name)
    target = next(one for one in lab.targets if one.version == version)
    vantage = choose(lab)
    to = Target(address=str(target), source=vantage.source(str(target)))
    asked = job(request(Kind.TNT, {"seed": lab.seed}), vantage, [to])
    wanted: list[bytes] = []
    lab.run(asked, wanted)

    async def run() -> list[Event]:
        async with runtime_in(lab).start(asked) as started:
            return [event async for event in started]

    start, *found = asyncio.run(run())
    assert isinstance(start, Start)
    assert start.runtime is not None
    expected = [decode_event(line) for line in wanted[1:]]
    assert found == [
        msgspec.structs.replace(one, runtime=start.runtime) if isinstance(one, TntResult) else one
        for one in expected
    ]
    assert (start.epoch_ns, start.runtime.rtt_bias_ns) == (None, 0)
