"""A kernel and an initial file system; it boots in tests/system/test_runtime_machines.py."""

import os
from pathlib import Path

import pytest

from netsonde.image import Store
from netsonde.model import HostError
from netsonde.runtime import Limits, Machine, _microvm, _programs
from netsonde.runtime._archives import cpio
from netsonde.runtime._linux import media
from netsonde.runtime._microvm import MEMORY_MIN, microvm, recipe
from tests.runtime.test_linux import CARD


@pytest.fixture
def made(tmp_path: Path) -> Machine:
    for name in ("kernel", "initramfs"):
        (tmp_path / name).write_bytes(name.encode())
    return Machine("microvm", str(tmp_path), {}, 1.0)


def test_the_recipe_decides_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe().folder
    assert recipe().folder == before
    monkeypatch.setattr(_microvm, "_INIT", "another")
    assert recipe().folder != before


def test_the_image_comes_after_what_is_kept(
    made: Machine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_microvm, "options", lambda *given: [str(one) for one in given])
    image = store.open("stand-in")
    with microvm(made, image, CARD, b"{}", Limits()) as launch:
        kernel, initramfs, card = launch.descriptors
        assert card == 9
        assert os.pread(kernel, 99, 0) == b"kernel"
        expected = b"initramfs" + cpio(media(image, CARD, b"{}", Limits()))
        assert os.pread(initramfs, len(expected) + 1, 0) == expected
        assert str(MEMORY_MIN) in launch.program, "it does not start with less"
        assert f"-kernel /proc/self/fd/{kernel}" in " ".join(launch.program)
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(initramfs)


def test_a_machine_without_qemu_names_the_package(
    made: Machine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_programs, "search_path", lambda: "")
    with (
        pytest.raises(HostError) as caught,
        microvm(made, store.open("stand-in"), CARD, b"{}", Limits()),
    ):
        pass
    assert caught.value.hint == "apt-get install qemu-system-x86"
