"""What has to be carried to a host for a runtime to work there, as it is and compressed."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from netsonde.bench._instances import ENGINES, instance, tnt
from netsonde.bench._values import Value
from netsonde.image import Store, archive, layout, ready

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netsonde.bench._values import Place
    from netsonde.runtime._launch import Launch

#: Names of files on the command lines of machines: `-kernel FILE`, `file=FILE`, `filename=FILE`.
_OPTIONS = ("-kernel", "-initrd")
#: Descriptors under a name of QEMU's: `-add-fd fd=7,set=1` is `/dev/fdset/1`.
_SETS = re.compile(r"fd=(\d+),set=(\d+)")
_FILES = re.compile(r"(?:^|,)(?:[\w.-]+\.)?(?:file|filename|path)=(/[^,]+)")
_CHUNK_BYTES = 1 << 20


class _Seen(Exception):
    """The launch was seen; nothing is to be started."""


async def size(place: Place, runtime: str) -> list[Value]:
    """Return the sizes of what a runtime carries."""
    image = ready(Store())
    if runtime == "process":
        return _sizes([image.data])
    if runtime in ENGINES:
        return _sizes([archive(layout(image, may_send=runtime == "docker"))])
    found: list[int] = []

    def look(launch: Launch) -> Launch:
        for file in carried(launch.program):
            found.append(os.open(file, os.O_RDONLY | os.O_CLOEXEC))
        raise _Seen

    try:
        async with instance(runtime, place.mirror.network(), tnt, change=look):
            raise AssertionError("it was not to be started")
    except _Seen:
        # The job is told anew each time: it is no part of what is carried.
        parts = [one for one in found if not _is_job(one)]
        on_disk = sum(_on_disk(one) for one in parts)
        compressed = sum(_compressed(_chunks(one)) for one in parts)
    finally:
        for one in found:
            os.close(one)
    return _told(on_disk, compressed)


def carried(program: Sequence[str]) -> list[Path]:
    """Return the files that a machine's command line names, each once."""
    named: list[str] = []
    sets: dict[str, str] = {}
    for before, word in zip(["", *program], program, strict=False):
        if before in _OPTIONS:
            named.append(word)
        elif before == "-add-fd" and (match := _SETS.match(word)):
            sets[f"/dev/fdset/{match[2]}"] = f"/proc/self/fd/{match[1]}"
        elif before.startswith("-"):
            named += _FILES.findall(word)
    return [Path(sets.get(name, name)) for name in dict.fromkeys(named)]


def _sizes(parts: Sequence[bytes]) -> list[Value]:
    return _told(sum(map(len, parts)), sum(_compressed([part]) for part in parts))


def _told(on_disk: int, compressed: int) -> list[Value]:
    return [
        Value("on disk", on_disk, "bytes"),
        Value("compressed", compressed, "bytes"),
    ]


def _is_job(descriptor: int) -> bool:
    return "netsonde-job" in str(Path(f"/proc/self/fd/{descriptor}").readlink())


def _on_disk(descriptor: int) -> int:
    """Return what a file takes: holes of a disk image are not carried."""
    status = os.fstat(descriptor)
    is_in_memory = "memfd:" in str(Path(f"/proc/self/fd/{descriptor}").readlink())
    if is_in_memory or not stat.S_ISREG(status.st_mode):
        return status.st_size
    return min(status.st_size, status.st_blocks * 512)


def _chunks(descriptor: int) -> Iterator[bytes]:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _compressed(chunks: Sequence[bytes] | Iterator[bytes]) -> int:
    """Return the size under Zstandard, at its default level."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import

    sink = _Count()
    with pa.CompressedOutputStream(pa.PythonFile(sink, mode="w"), "zstd") as stream:
        for chunk in chunks:
            stream.write(chunk)
    return sink.count


class _Count:
    """A file that only counts."""

    closed = False

    def __init__(self) -> None:
        self.count = 0

    def write(self, data: bytes) -> int:
        self.count += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: nothing waits."""

    def close(self) -> None:
        self.closed = True
