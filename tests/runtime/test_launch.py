"""What a program is when it begins."""

import json
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
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
        preexec_fn=launch.enter,
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


@pytest.mark.root
def test_another_user() -> None:
    # Perhaps this Python is in a folder of root's: show it by what the kernel tells.
    script = "cat /proc/self/status"
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=Launch([], identity=Identity(65_534, 65_533, (7,))).enter,
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
        "print(subprocess.Popen(['sleep', '60'], preexec_fn=launch.enter).pid, flush=True)\n"
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
