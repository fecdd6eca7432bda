"""A whole Debian; `NETSONDE_TEST_VM=1` boots it in tests/system/test_runtime_machines.py."""

import asyncio
import os
import tarfile
from pathlib import Path

import pytest

from netsonde.image import Store
from netsonde.runtime import Limits, Machine, _vm
from netsonde.runtime._vm import MEMORY_MIN, disks, recipe, vm
from tests.runtime.test_linux import CARD


@pytest.fixture
def made(tmp_path: Path) -> Machine:
    folder = tmp_path / "vm"
    folder.mkdir()
    for name in ("kernel", "initramfs"):
        (folder / name).write_bytes(name.encode())
    (folder / "disk").touch()
    os.truncate(folder / "disk", 1 << 20)
    return Machine("vm", str(folder), {}, 1.0)


def test_the_recipe_decides_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe().folder
    assert recipe().folder == before
    monkeypatch.setattr(_vm, "_PACKAGES", (*_vm._PACKAGES, "openssh-server"))
    assert recipe().folder != before


def test_a_run_writes_beside_the_disk(
    made: Machine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_vm, "options", lambda *given: [str(one) for one in given])
    image = store.open("stand-in")
    with vm(made, image, CARD, b"{}", Limits()) as launch:
        _, _, disk, written, brought, _ = launch.descriptors
        assert os.fstat(disk).st_size == 1 << 20
        for fixed in (disk, brought):
            with pytest.raises(OSError, match="Bad file"):
                os.write(fixed, b"x")
        assert os.pread(written, 4, 0) == b"QFI\xfb"
        with tarfile.open(f"/proc/self/fd/{brought}") as archive:
            held = archive.extractfile("image")
            assert held is not None
            assert held.read() == image.data
        line = " ".join(launch.program)
        assert f"fd={disk},set=1" in line
        assert str(MEMORY_MIN) in launch.program
    left = sorted(path.name for path in Path(made.path).iterdir())
    assert left == ["disk", "initramfs", "kernel"]


def test_only_the_overlay_can_be_written() -> None:
    line = " ".join(disks(5, 6, 7))
    for number, is_fixed in ((1, "on"), (2, "off"), (3, "on")):
        assert f"filename=/dev/fdset/{number},read-only={is_fixed}" in line
    assert "driver=qcow2,node-name=system,file=file2,backing=base" in line


def test_the_disk_gets_a_journal_and_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def system(folder: Path, file: Path, arguments: list[str], say: object) -> None:
        del folder, say
        file.touch()
        for name in ("kernel", "initramfs"):
            (tmp_path / name).touch(mode=0o600)
        asked.extend(arguments)

    async def told(command: list[str], folder: Path) -> str:
        del folder
        asked.extend(command)
        return ""

    monkeypatch.setattr(_vm, "system", system)
    monkeypatch.setattr(_vm, "told", told)
    asyncio.run(_vm._make(tmp_path, print))
    line = " ".join(asked)
    assert "linux-image-cloud-amd64" in line
    assert f"upload {tmp_path}/1 /etc/systemd/system/netsonde.service" in line
    assert "has_journal" in line
    assert (tmp_path / "disk").stat().st_size == _vm.DISK_BYTES
    assert (tmp_path / "kernel").stat().st_mode & 0o777 == 0o644, "QEMU is nobody"
