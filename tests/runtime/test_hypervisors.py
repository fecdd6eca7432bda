"""What the other two hypervisors are told; they run where they and KVM are."""

import asyncio
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from netsonde.image import Store
from netsonde.model import HostError
from netsonde.runtime import LabNetwork, Limits, Runtime, _hypervisors
from netsonde.runtime._card import Card
from netsonde.runtime._hypervisors import (
    cloud_hypervisor,
    cloud_hypervisor_options,
    firecracker,
    firecracker_configuration,
)
from netsonde.runtime._namespace import Namespace
from netsonde.runtime._qemu import has_kvm
from tests.runtime.stand_in import asked, lab

CARD = Card(frames=True, descriptor=9, addresses=("5.1.0.1/30",), gateways=("5.1.0.2",), mtu=1500)


def test_firecracker_has_one_card_and_no_disk() -> None:
    made = firecracker_configuration(5, 6, CARD, Limits())
    assert made["boot-source"]["kernel_image_path"] == "/proc/self/fd/5"
    assert made["boot-source"]["initrd_path"] == "/proc/self/fd/6"
    assert made["boot-source"]["boot_args"].startswith("card=ethernet ip=5.1.0.1/30")
    assert made["machine-config"] == {"vcpu_count": 1, "mem_size_mib": 16}
    assert made["network-interfaces"][0]["host_dev_name"] == "card"
    assert made["drives"] == []


def test_cloud_hypervisor_writes_to_its_output() -> None:
    line = " ".join(cloud_hypervisor_options(5, 6, CARD, Limits(memory_bytes=8 << 20)))
    assert "--kernel /proc/self/fd/5 --initramfs /proc/self/fd/6" in line
    assert "--memory size=8M --net fd=[9],mac=02:6e:73:00:00:02" in line
    assert "--serial tty --console off --seccomp true" in line


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let both be there, and KVM."""
    monkeypatch.setattr(_hypervisors, "find", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(_hypervisors, "has_kvm", lambda: True)


@pytest.mark.root
def test_firecracker_is_started_where_its_tap_is(store: Store, present: None) -> None:
    del present
    space = Namespace()
    try:
        with firecracker(store.open("stand-in"), CARD, b"{}", Limits(), space) as launch:
            assert launch.space is space
            kernel, module, configuration = launch.descriptors
            told = json.loads(os.pread(configuration, 9_999, 0))
            assert told["boot-source"]["kernel_image_path"] == f"/proc/self/fd/{kernel}"
            assert os.pread(module, 9, 0) == b"{}"
            assert launch.program[1:] == [
                "--no-api",
                "--config-file",
                f"/proc/self/fd/{configuration}",
            ]
    finally:
        space.close()


def test_cloud_hypervisor_inherits_its_tap(store: Store, present: None) -> None:
    del present
    with cloud_hypervisor(store.open("stand-in"), CARD, b"{}", Limits()) as launch:
        assert 9 in launch.descriptors
        assert launch.program[0] == "/usr/bin/cloud-hypervisor"


@pytest.mark.parametrize("name", ["firecracker", "cloud-hypervisor"])
def test_without_kvm_another_way_is_named(
    name: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_hypervisors, "find", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(_hypervisors, "has_kvm", lambda: False)
    start: Callable[..., object] = firecracker if name == "firecracker" else cloud_hypervisor
    more = (Namespace(),) if name == "firecracker" and os.geteuid() == 0 else (None,)
    arguments = (store.open("stand-in"), CARD, b"{}", Limits())
    with (
        pytest.raises(HostError, match=f"{name} needs KVM") as caught,
        start(*arguments, *(more if name == "firecracker" else ())),  # type: ignore[attr-defined]
    ):
        pass
    assert "--runtime unikernel" in caught.value.hint
    for space in more:
        if space is not None:
            space.close()


@pytest.mark.parametrize("name", ["firecracker", "cloud-hypervisor"])
def test_they_run_where_they_are(name: str, tmp_path: Path) -> None:
    if shutil.which(name) is None or not has_kvm() or os.geteuid() != 0:
        pytest.skip(f"no {name} with KVM here")
    runtime = Runtime(name, LabNetwork(lab()))

    async def events() -> int:
        async with runtime.start(asked()) as run:
            return len([event async for event in run])

    assert asyncio.run(events()) == 4
