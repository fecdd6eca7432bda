"""What a program is when it begins."""

import json
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from netsonde.runtime._launch import Identity, Launch

_SHOW = """
import json, os, resource
print(json.dumps({
    "cpu": resource.getrlimit(resource.RLIMIT_CPU), "uid": os.getresuid(), "gid": os.getresgid(),
    "groups": os.getgroups(), "descriptors": sorted(map(int, os.listdir("/proc/self/fd"))),
}))
"""


def shown(launch: Launch) -> Mapping[str, Any]:
    done = subprocess.run(
        [sys.executable, "-I", "-c", _SHOW],
        check=True,
        capture_output=True,
        close_fds=False,
        preexec_fn=launch.entrance(),
        cwd="/",
    )
    return dict(json.loads(done.stdout))


def test_limits_and_descriptors() -> None:
    read, write = os.pipe()
    try:
        found = shown(Launch([], descriptors=[read], rlimits={resource.RLIMIT_CPU: 7}))
        assert found["cpu"] == [7, 7]
        assert read in found["descriptors"]
        assert write not in found["descriptors"]
        moved = shown(Launch([], at_three=write))
        assert 3 in moved["descriptors"]
    finally:
        os.close(read)
        os.close(write)


def test_no_limit_is_above_what_this_host_gives() -> None:
    """Only root may raise it; and there are numbers that no kernel takes."""
    rlimits = {resource.RLIMIT_CPU: 600, resource.RLIMIT_AS: 1 << 70}
    enter = Launch([], rlimits=rlimits).entrance()

    def lower() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (50, 50))
        if os.geteuid() == 0:
            os.setresuid(65_534, 65_534, 65_534)
        enter()

    command = ["sh", "-c", "ulimit -t"]
    done = subprocess.run(command, check=True, capture_output=True, preexec_fn=lower)
    assert done.stdout == b"50\n"


@pytest.mark.root
def test_another_user() -> None:
    # Perhaps this Python is in a folder of root's: show it by what the kernel tells.
    script = "cat /proc/self/status"
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=Launch([], identity=Identity(65_534, 65_533, (7,))).entrance(),
    )
    lines = dict(line.split(":", 1) for line in done.stdout.splitlines())
    assert lines["Uid"].split() == ["65534"] * 4
    assert lines["Gid"].split() == ["65533"] * 4
    assert lines["Groups"].split() == ["7"]
    assert int(lines["CapEff"], 16) == 0


@pytest.mark.root
def test_it_dies_with_its_parent_even_as_another_user() -> None:
    code = (
        "import subprocess; from netsonde.runtime._launch import Identity, Launch\n"
        "launch = Launch([], identity=Identity(65534, 65534))\n"
        "print(subprocess.Popen(['sleep', '60'], preexec_fn=launch.entrance()).pid, flush=True)\n"
        "input()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    child = os.pidfd_open(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    try:
        ended, _, _ = select.select([child], [], [], 20)
        if not ended:
            signal.pidfd_send_signal(child, signal.SIGKILL)
    finally:
        os.close(child)
        parent.stdout.close()
        if parent.stdin:
            parent.stdin.close()
    assert ended, "it outlived its parent"


def test_what_is_done_first() -> None:
    read, write = os.pipe()

    def say() -> None:
        os.write(write, b"%d" % resource.getrlimit(resource.RLIMIT_CPU)[0])

    shown(Launch([], first=say, rlimits={resource.RLIMIT_CPU: 7}))
    os.close(write)
    with os.fdopen(read, "rb") as said:
        assert said.read() not in (b"", b"7")


def test_memory_in_small_pages_only() -> None:
    asked = "import ctypes; print(ctypes.CDLL(None).prctl(42, 0, 0, 0, 0))"
    for launch, told in ((Launch([]), b"0"), (Launch([], no_huge_pages=True), b"1")):
        command = [sys.executable, "-I", "-c", asked]
        done = subprocess.run(
            command, check=True, capture_output=True, preexec_fn=launch.entrance()
        )
        assert done.stdout.strip() == told


def test_without_its_parent_it_does_not_begin() -> None:
    # Killed between fork and the call that asks for the signal: as if another one were the parent.
    enter = partial(Launch([])._enter, os.getppid())
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run([sys.executable, "-c", "print('begun')"], check=True, preexec_fn=enter)


def test_a_ctrl_c_of_the_terminal_is_not_for_it() -> None:
    code = "import os; print(os.getpgrp() == os.getpid())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, check=True, capture_output=True, preexec_fn=Launch([]).entrance()
    )
    assert done.stdout == b"True\n"


@pytest.mark.root
def test_alone_without_a_right_it_is_in_namespaces_of_its_own_too() -> None:
    def drop() -> None:
        os.setresuid(65_534, 65_534, 65_534)

    enter = Launch([], alone=True, first=drop).entrance()
    code = (
        "readlink /proc/self/ns/net /proc/self/ns/user; grep -E 'NoNewPrivs|CapEff' /proc/$$/status"
    )
    command = ["sh", "-c", code]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, preexec_fn=enter)
    spaces, rights = shown.stdout.splitlines()[:2], shown.stdout.splitlines()[2:]
    ours = {str(Path(f"/proc/self/ns/{name}").readlink()) for name in ("net", "user")}
    if Path("/proc/sys/user/max_user_namespaces").read_text().strip() != "0":
        assert not ours & set(spaces)
    assert [line.split()[1] for line in rights] == ["0" * 16, "1"]
