"""The image as it is in its file: packed, and unpacked over itself before anything else."""

import struct
import subprocess
from pathlib import Path

import pytest

from tests.system import image

_ENDED = "the image is damaged, or may not unpack itself"


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    return image.elf(tmp_path)


def _block(data: bytearray) -> tuple[int, int]:
    """Where in the file the block begins and ends: the last segment that is loaded."""
    (table,) = struct.unpack_from("<Q", data, 32)
    headers = [struct.unpack_from("<IIQQQQQQ", data, table + 56 * at) for at in range(data[56])]
    offset, length = [(header[2], header[5]) for header in headers if header[0] == 1][-1]
    if length < 10_000:
        pytest.skip("an image that was only linked has no block")
    return offset, offset + length


@pytest.mark.parametrize("filling", [b"\0", b"\xff", b"\x0f\xff\xff", b"\xf0\xff", b"\x10a\0\0"])
def test_a_block_that_is_none_ends_with_a_word(elf: Path, filling: bytes) -> None:
    # No length leads out of the block or out of what it gives, no distance before that.
    data = bytearray(elf.read_bytes())
    start, end = _block(data)
    data[start:end] = (filling * (end - start))[: end - start]
    elf.write_bytes(data)
    ended = subprocess.run(
        [elf], check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=30
    )
    (event,) = image.events(ended.stdout)
    assert (event["type"], event["reason"], ended.returncode) == ("failed", _ENDED, 1)


def test_a_machine_says_so_too(elf: Path, tmp_path: Path) -> None:
    data = bytearray(elf.read_bytes())
    start, end = _block(data)
    data[start:end] = bytes(end - start)
    elf.write_bytes(data)
    (event,), status = image.machine(tmp_path, elf, image.ADDRESSES, image.job())
    assert (event["type"], event["reason"], status) == ("failed", _ENDED, 3)


def test_what_was_unpacked_is_not_written_and_run(elf: Path) -> None:
    with image.process(elf, f"card=ip {image.ADDRESSES}") as started:
        assert started.stdin is not None
        assert started.stdout is not None
        started.stdin.write(image.job(ping={"count": 1, "timeout_ms": 60_000}) + b"\n")
        started.stdin.flush()
        started.stdout.readline()
        maps = Path(f"/proc/{started.pid}/maps").read_text().splitlines()
    rights = [line.split()[1] for line in maps]
    assert not any("w" in right and "x" in right for right in rights), maps
    # Code, constants, variables.
    low = [line.split()[1] for line in maps if int(line.split("-")[0], 16) < 1 << 22]
    assert list(dict.fromkeys(low)) == ["r-xp", "r--p", "rw-p"], maps
