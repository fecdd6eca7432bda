"""A runtime: a place where the image runs. All have one interface, and give the same events."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack, asynccontextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from netsonde.image import NAME, Store, Verified, ready
from netsonde.model import Job, RuntimeRecord, UsageError
from netsonde.runtime import _microvm, _vm
from netsonde.runtime._container import EngineName, choose, container, prepared
from netsonde.runtime._host_network import HostNetwork
from netsonde.runtime._hypervisors import cloud_hypervisor, firecracker
from netsonde.runtime._lab_network import LabNetwork
from netsonde.runtime._limits import Limits
from netsonde.runtime._machines import machine
from netsonde.runtime._microvm import microvm
from netsonde.runtime._process import process
from netsonde.runtime._qemu import has_kvm, qemu
from netsonde.runtime._run import Run, started
from netsonde.runtime._vm import vm
from netsonde.runtime._wire import How, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from netsonde.runtime._card import Card
    from netsonde.runtime._launch import Launch
    from netsonde.runtime._machines import Machine


class RuntimeName(StrEnum):
    """Where the image runs."""

    PROCESS = "process"
    CONTAINER = "container"
    DOCKER = "docker"
    PODMAN = "podman"
    MICROVM = "microvm"
    VM = "vm"
    UNIKERNEL = "unikernel"
    FIRECRACKER = "firecracker"
    CLOUD_HYPERVISOR = "cloud-hypervisor"


#: What a runtime adds to a round trip at least, in nanoseconds: the floors of `netsonde bench
#: runtimes` (docs/runtimes-compared.md). What is not there was not measured.
RTT_BIAS_NS = {
    ("process", ""): 12_000,
    ("container", "podman"): 15_000,
    ("container", "docker"): 22_000,
    ("unikernel", "qemu-tcg"): 53_000,
    ("microvm", "qemu-tcg"): 482_000,
    ("vm", "qemu-tcg"): 526_000,
}


#: How the programs of each engine come to their cards.
_HOW = {
    "docker": How.PLUGGED,
    "qemu-tcg": How.FRAMES,
    "qemu-kvm": How.FRAMES,
    "cloud-hypervisor": How.TAP,
    "firecracker": How.TAP_BY_NAME,
}

#: The machines that are made of Debian's packages, and how.
MACHINES = {RuntimeName.MICROVM: _microvm.recipe, RuntimeName.VM: _vm.recipe}


#: Times that Podman is asked for a container: it loses one now and then, on a busy host. Nobody
#: listens any more then at the socket of conmon, which watches the container: one that ends between
#: making and starting a container has Podman (4.3) say so. What ends it there is not known: in 230
#: starts, 12 at a time on two busy processors, none was lost.
STARTS_MAX = 3
#: What Podman says then.
_LOST = "attach socket"


class _Place(NamedTuple):
    """A container's engine, resolved, or a machine, made; nothing for the others."""

    name: str
    engine: str
    machine: Machine | None = None


class Runtime:
    """A place where the image runs.

    Args:
        name: Which one; `container` takes Podman or Docker, whichever works.
        network: What the card is plugged into; None for this host, behind a network of the run's
            own, which takes root.
        limits: What a run may use.
        image: Which image of the store.
        store: Where images are; None for this user's.
        change: What is changed of a launch just before it starts, such as by a benchmark.
    """

    def __init__(
        self,
        name: RuntimeName | str,
        network: LabNetwork | HostNetwork | None = None,
        *,
        limits: Limits | None = None,
        image: str = NAME,
        store: Store | None = None,
        change: Callable[[Launch], Launch] | None = None,
    ) -> None:
        try:
            self._name = RuntimeName(name)
        except ValueError:
            message = f"there is no runtime {name}"
            raise UsageError(message, f"known: {', '.join(RuntimeName)}") from None
        self.network = network or HostNetwork()
        self.limits = limits or Limits()
        self._image = image
        self._store = store
        self._change = change

    @asynccontextmanager
    async def start(self, job: bytes) -> AsyncIterator[Run]:
        """Start a job and yield its run; when the context ends, nothing is left of it.

        Args:
            job: One JSON object. The source of each target becomes the card's own address.

        Raises:
            HostError: Something of the host is missing; the hint names it.
            UsageError: The card has no address in the family of a target.
            FormatError: The image is not what was signed.
        """
        image = ready(self._store or Store(), self._image)
        place = await self._place()
        bias_ns = RTT_BIAS_NS.get((place.name, place.engine))
        record = RuntimeRecord(
            name=place.name,
            engine=place.engine,
            image=image.manifest.digest,
            # While a runtime works, virtual time stands still.
            rtt_bias_ns=0 if self._has_virtual_time() else bias_ns,
        )
        for left in reversed(range(STARTS_MAX if place.engine == "podman" else 1)):
            async with AsyncExitStack() as held:
                launch = await self._launch(held, image, place, job)
                launch = launch if self._change is None else self._change(launch)
                run = await held.enter_async_context(started(launch, self.limits, record))
                if left > 0 and await run.was_lost(_LOST):
                    continue
                yield run
                return

    def _has_virtual_time(self) -> bool:
        return isinstance(self.network, LabNetwork) and self.network.virtual_time

    async def _place(self) -> _Place:
        match self._name:
            case RuntimeName.PROCESS:
                return _Place("process", "")
            case RuntimeName.CONTAINER:
                return _Place("container", await choose())
            case RuntimeName.DOCKER | RuntimeName.PODMAN:
                return _Place("container", str(self._name))
            case RuntimeName.UNIKERNEL | RuntimeName.MICROVM | RuntimeName.VM:
                engine = f"qemu-{'kvm' if has_kvm() else 'tcg'}"
                made = await build_machine(self._name) if self._name in MACHINES else None
                return _Place(str(self._name), engine, made)
            case RuntimeName.FIRECRACKER | RuntimeName.CLOUD_HYPERVISOR:
                return _Place("unikernel", str(self._name))

    async def _launch(
        self, held: AsyncExitStack, image: Verified, place: _Place, job: bytes
    ) -> Launch:
        """Plug the card in and return what starts the image; `held` undoes it."""
        wired = held.enter_context(wire(self.network, _HOW.get(place.engine, How.PACKETS)))
        card, limits = wired.card, self.limits
        job = _with_sources(job, card)
        if place.machine is not None:
            start = vm if place.name == "vm" else microvm
            return held.enter_context(start(place.machine, image, card, job, limits))
        match place.engine:
            case "":
                return held.enter_context(process(image, card, job, limits))
            case "qemu-tcg" | "qemu-kvm":
                return held.enter_context(qemu(image, card, job, limits))
            case "cloud-hypervisor":
                return held.enter_context(cloud_hypervisor(image, card, job, limits))
            case "firecracker":
                assert wired.space is not None, "its TAP has a name somewhere"
                return held.enter_context(firecracker(image, card, job, limits, wired.space))
        engine: EngineName = "docker" if place.engine == "docker" else "podman"
        image_id = await prepared(engine, image)
        launch = container(
            engine,
            image_id,
            card=card,
            job=job,
            limits=limits,
            run=secrets.token_hex(6),
            plug=wired.plug,
        )
        return held.enter_context(launch)


async def build_machine(name: str, *, is_anew: bool = False) -> Machine:
    """Return a machine of `MACHINES`, made first if it is not there; it says so on stderr.

    Args:
        name: Its name.
        is_anew: Whether to make it again, of the packages that Debian has now.

    Raises:
        HostError: It cannot be made; the hint says what is missing.
    """
    return await machine(MACHINES[RuntimeName(name)](), is_anew=is_anew)


def _with_sources(job: bytes, card: Card) -> bytes:
    """Return a job whose targets are probed from a card's addresses.

    Raises:
        UsageError: It has none of a family.
    """
    asked = msgspec.json.decode(job, type=Job)
    targets = []
    for target in asked.targets:
        version = 6 if ":" in target.address else 4
        source = card.source(version)
        if source is None:
            raise UsageError(f"the card has no IPv{version} address towards {target.address}")
        targets.append(msgspec.structs.replace(target, source=source))
    return msgspec.json.encode(msgspec.structs.replace(asked, targets=tuple(targets)))
