"""A runtime: a place where the image runs. All have one interface, and give the same events."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack, asynccontextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from netsonde.image import NAME, Store, Verified, ready
from netsonde.model import Job, RuntimeRecord, UsageError
from netsonde.runtime._container import EngineName, choose, container, prepared
from netsonde.runtime._host_network import HostNetwork
from netsonde.runtime._hypervisors import cloud_hypervisor, firecracker
from netsonde.runtime._lab_network import LabNetwork
from netsonde.runtime._limits import Limits
from netsonde.runtime._process import process
from netsonde.runtime._qemu import has_kvm, qemu
from netsonde.runtime._run import Run, started
from netsonde.runtime._wire import How, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from netsonde.runtime._card import Card
    from netsonde.runtime._launch import Launch


class RuntimeName(StrEnum):
    """Where the image runs."""

    PROCESS = "process"
    CONTAINER = "container"
    DOCKER = "docker"
    PODMAN = "podman"
    UNIKERNEL = "unikernel"
    FIRECRACKER = "firecracker"
    CLOUD_HYPERVISOR = "cloud-hypervisor"


#: What a runtime adds to a round trip at least, in nanoseconds: the 5th percentiles of
#: `benches/runtime_rtt.py` (docs/benchmarks.md). What is not there was not measured.
RTT_BIAS_NS = {
    ("process", ""): 43_000,
    ("container", "podman"): 52_000,
    ("container", "docker"): 45_000,
    ("unikernel", "qemu-tcg"): 131_000,
}


#: How the programs of each engine come to their cards.
_HOW = {
    "docker": How.PLUGGED,
    "qemu-tcg": How.FRAMES,
    "qemu-kvm": How.FRAMES,
    "cloud-hypervisor": How.TAP,
    "firecracker": How.TAP_BY_NAME,
}


class _Place(NamedTuple):
    """A container's engine, resolved; nothing for the others."""

    name: str
    engine: str


class Runtime:
    """A place where the image runs.

    Args:
        name: Which one; `container` takes Podman or Docker, whichever works.
        network: What the card is plugged into; None for this host, behind a network of the run's
            own, which takes root.
        limits: What a run may use.
        image: Which image of the store.
        store: Where images are; None for this user's.
    """

    def __init__(
        self,
        name: RuntimeName | str,
        network: LabNetwork | HostNetwork | None = None,
        *,
        limits: Limits | None = None,
        image: str = NAME,
        store: Store | None = None,
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
        record = RuntimeRecord(
            name=place.name,
            engine=place.engine,
            image=image.manifest.digest,
            rtt_bias_ns=RTT_BIAS_NS.get((place.name, place.engine)),
        )
        async with AsyncExitStack() as held:
            launch = await self._launch(held, image, place, job)
            yield await held.enter_async_context(started(launch, self.limits, record))

    async def _place(self) -> _Place:
        match self._name:
            case RuntimeName.PROCESS:
                return _Place("process", "")
            case RuntimeName.CONTAINER:
                return _Place("container", await choose())
            case RuntimeName.DOCKER | RuntimeName.PODMAN:
                return _Place("container", str(self._name))
            case RuntimeName.UNIKERNEL:
                return _Place("unikernel", f"qemu-{'kvm' if has_kvm() else 'tcg'}")
            case RuntimeName.FIRECRACKER | RuntimeName.CLOUD_HYPERVISOR:
                return _Place("unikernel", str(self._name))

    async def _launch(
        self, held: AsyncExitStack, image: Verified, place: _Place, job: bytes
    ) -> Launch:
        """Plug the card in and return what starts the image; `held` undoes it."""
        wired = held.enter_context(wire(self.network, _HOW.get(place.engine, How.PACKETS)))
        card, limits = wired.card, self.limits
        job = _with_sources(job, card)
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
