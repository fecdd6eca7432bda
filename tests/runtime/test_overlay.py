"""What a machine writes has no name, and does not outlive it."""

import os
import struct
from pathlib import Path

import pytest

from netsonde.model import HostError
from netsonde.runtime._overlay import CLUSTER, DISK_BYTES_MAX, empty_overlay, overlay


def test_an_empty_overlay_holds_nothing_but_its_tables() -> None:
    data = empty_overlay(2 << 30)
    assert len(data) == 4 * CLUSTER
    assert data[:4] == b"QFI\xfb"
    (size,) = struct.unpack_from(">Q", data, 24)
    tables, first = struct.unpack_from(">IQ", data, 36)
    assert (size, tables, first) == (2 << 30, 4, 3 * CLUSTER)
    assert not any(data[first:]), "no cluster is allocated"
    (block,) = struct.unpack_from(">Q", data, CLUSTER)
    assert struct.unpack_from(">5H", data, block) == (1, 1, 1, 1, 0), "the four that are there"


@pytest.mark.parametrize("size", [0, 513, DISK_BYTES_MAX + 512])
def test_a_disk_that_cannot_be_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="a disk of"):
        empty_overlay(size)


def test_no_file_is_left_nor_seen(tmp_path: Path) -> None:
    descriptor = overlay(tmp_path, 1 << 20)
    try:
        assert os.pread(descriptor, 4, 0) == b"QFI\xfb"
        assert os.fstat(descriptor).st_nlink == 0
        assert list(tmp_path.iterdir()) == []
    finally:
        os.close(descriptor)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="cannot write below"):
        overlay(tmp_path / "none", 512)
