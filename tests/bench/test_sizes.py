"""What is carried."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from netsonde.bench import Place
from netsonde.bench._sizes import _chunks, _compressed, _on_disk, carried, size
from netsonde.image import Store, ready


def test_files_of_a_command_line() -> None:
    program = [
        *(
            "qemu",
            "-kernel",
            "/boot/k",
            "-initrd",
            "/boot/i",
            "-m",
            "16M",
            "-append",
            "root=/dev/vda",
        ),
        *("-drive", "if=virtio,file=/var/disk.qcow2,format=qcow2"),
        *("-blockdev", "driver=qcow2,file.filename=/var/other,node-name=a"),
        *("-add-fd", "fd=7,set=3", "-blockdev", "driver=file,filename=/dev/fdset/3,read-only=on"),
        *("-netdev", "dgram,id=n0,local.type=fd,local.str=7", "-kernel", "/boot/k"),
    ]
    names = ["/boot/k", "/boot/i", "/var/disk.qcow2", "/var/other", "/proc/self/fd/7"]
    assert carried(program) == [Path(name) for name in names]


def test_holes_are_not_carried(tmp_path: Path) -> None:
    with (tmp_path / "disk").open("wb") as file:
        file.truncate(64 << 20)
        file.seek(1 << 20)
        file.write(os.urandom(1 << 20))
    descriptor = os.open(tmp_path / "disk", os.O_RDONLY)
    assert 1 << 20 <= _on_disk(descriptor) < 2 << 20
    assert 1 << 20 <= _compressed(_chunks(descriptor)) < 2 << 20
    os.close(descriptor)


@pytest.mark.parametrize("name", ["process", "podman", "docker", "unikernel"])
def test_the_image_is_what_counts(place: Place, name: str) -> None:
    if name == "unikernel" and shutil.which("qemu-system-x86_64") is None:
        pytest.skip("needs QEMU")
    image = ready(Store()).data
    found = {one.metric: one.value for one in asyncio.run(size(place, name))}
    # An archive has a few kilobytes of its own.
    most = len(image) + (0 if name in ("process", "unikernel") else 65_536)
    assert len(image) <= found["on disk"] <= most
    assert found["compressed"] < found["on disk"]
