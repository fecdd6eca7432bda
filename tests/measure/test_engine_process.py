"""The program of the engine's process, started as `_host` starts it."""

import os
import subprocess
import sys
from pathlib import Path

from netsonde import _core
from netsonde.measure import _engine_process

PROGRAM = [sys.executable, "-I", "-S", "-B", str(Path(_engine_process.__file__))]


def start(sockets: str, task: bytes, *descriptors: int) -> subprocess.CompletedProcess[bytes]:
    program = [*PROGRAM, str(_core.__file__), sockets, "1000"]
    return subprocess.run(
        program, input=task, capture_output=True, pass_fds=descriptors, env={}, check=False
    )


def test_it_takes_a_job_and_answers() -> None:
    opened = _core.open_link(raw=False, v4=True, v6=False, udp=False)
    try:
        sockets = ",".join(f"{role}={descriptor}" for role, descriptor in opened)
        done = start(sockets, b"no job\n", *(descriptor for _, descriptor in opened))
    finally:
        for _, descriptor in opened:
            os.close(descriptor)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b'{"type":"failed"')
    assert done.stdout.endswith(b"}\n")


def test_a_socket_that_is_not_there_is_told() -> None:
    done = start("icmp4=900", b"")
    assert done.returncode == 1
    assert b"Bad file descriptor" in done.stderr


def test_a_role_that_does_not_exist_is_told() -> None:
    done = start("icmp=0", b"")
    assert done.returncode == 1
    assert b'role "icmp"' in done.stderr


def test_it_does_not_load_the_package() -> None:
    """The engine's process is small and starts fast: no `site`, no module of netsonde."""
    lines = Path(_engine_process.__file__).read_text().splitlines()
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    assert imports == [
        "import sys",
        "from importlib.machinery import ExtensionFileLoader, ModuleSpec",
    ]
