"""Every scenario gives its golden result when the image runs it, as a process, in virtual time."""

import json
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from unittest import mock

import pytest

from netsonde.lab import Lab
from tests.scenarios import golden
from tests.system import image


class _ByImage:
    """Runs the jobs of a lab in the image instead of here."""

    def __init__(self, elf: Path) -> None:
        self._elf = elf
        self.runs = 0

    def run(self, lab: Lab, job: bytes, events: list[bytes]) -> None:
        item = lab.find_attachment(None)
        with (
            tempfile.TemporaryFile() as output,
            self._started(item.interfaces(), job, output) as (ours, started),
        ):
            lab.engine().serve_ticks(item.name, ours.fileno())
            started.wait(timeout=60)
            output.seek(0)
            for line in output:
                events.append(line.rstrip(b"\n"))
        self.runs += 1

    @contextmanager
    def _started(
        self, interfaces: Iterable[tuple[Any, Any]], job: bytes, output: IO[bytes]
    ) -> Iterator[tuple[socket.socket, "subprocess.Popen[bytes]"]]:
        words = ["card=ip", "clock=card"]
        for host, _ in interfaces:
            words.append(f"ip6={host}/128" if host.version == 6 else f"ip={host}/32")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with ours, theirs:
            started = subprocess.Popen(
                [self._elf, f"fd={theirs.fileno()}", *words],
                stdin=subprocess.PIPE,
                stdout=output,
                pass_fds=(theirs.fileno(),),
            )
            try:
                assert started.stdin is not None
                started.stdin.write(job + b"\n")
                started.stdin.flush()
                yield ours, started
            finally:
                started.kill()
                started.wait()


@pytest.fixture(scope="module")
def by_image(tmp_path_factory: pytest.TempPathFactory) -> _ByImage:
    return _ByImage(image.elf(tmp_path_factory.mktemp("image")))


@pytest.mark.parametrize("name", golden.names())
def test_the_image_gives_the_golden_result(name: str, by_image: _ByImage) -> None:
    wanted = json.loads(golden.path_of(name).read_text())
    before = by_image.runs

    def run(lab: Lab, job: bytes, events: list[bytes], *_: object, **__: object) -> None:
        by_image.run(lab, job, events)

    with mock.patch.object(Lab, "run", run):
        found = json.loads(golden.render(golden.produce(name)))
    assert by_image.runs > before
    assert found == wanted
