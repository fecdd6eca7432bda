"""Archives are what their readers take: here a reader of our own, and Python's; Linux at a boot."""

import io
import stat
import tarfile

from netsonde.runtime._archives import Entry, cpio, device, directory, program, tar

ENTRIES = [
    directory("dev"),
    device("dev/ttyS0", (4, 64)),
    program("init", b"#!/busybox sh\n"),
    Entry("job", b"{}\n"),
]


def read(data: bytes) -> list[tuple[str, int, bytes, tuple[int, int]]]:
    """Return what a cpio archive of the newer ASCII kind has, but for its end."""
    found: list[tuple[str, int, bytes, tuple[int, int]]] = []
    place = 0
    while True:
        assert data[place : place + 6] == b"070701"
        numbers = [int(data[place + 6 + 8 * n : place + 14 + 8 * n], 16) for n in range(13)]
        name_end = place + 110 + numbers[11]
        name = data[place + 110 : name_end - 1].decode()
        start = name_end + -name_end % 4
        if name == "TRAILER!!!":
            return found
        held = data[start : start + numbers[6]]
        found.append((name, numbers[1], held, (numbers[9], numbers[10])))
        place = start + numbers[6] + -(start + numbers[6]) % 4


def test_linux_s_archive_has_devices_and_programs() -> None:
    data = cpio(ENTRIES)
    assert len(data) % 4 == 0, "another one may follow"
    assert read(data) == [
        ("dev", stat.S_IFDIR | 0o755, b"", (0, 0)),
        ("dev/ttyS0", stat.S_IFCHR | 0o600, b"", (4, 64)),
        ("init", stat.S_IFREG | 0o755, b"#!/busybox sh\n", (0, 0)),
        ("job", stat.S_IFREG | 0o644, b"{}\n", (0, 0)),
    ]


def test_a_disk_is_an_archive_of_whole_sectors() -> None:
    data = tar(ENTRIES[2:])
    assert len(data) % 512 == 0
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.getnames() == ["init", "job"]
        assert archive.getmember("init").mode == 0o755
        held = archive.extractfile("job")
        assert held is not None
        assert held.read() == b"{}\n"
