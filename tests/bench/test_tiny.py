"""The two tiny programs."""

import os
import subprocess
import time

from netsonde.bench._tiny import NOTE, nothing, noting
from netsonde.image import read_elf


def test_it_notes_the_time_and_becomes_another() -> None:
    read, write = os.pipe()
    file = os.memfd_create("test", 0)
    os.write(file, noting(write, file))
    os.set_inheritable(write, True)
    before_ns = time.monotonic_ns()
    command = [f"/proc/self/fd/{file}", "/bin/sh", "-c", 'echo "$0 $VARIABLE"; ls /proc/$$/fd', "a"]
    done = subprocess.run(
        command, env={"VARIABLE": "b", "PATH": os.defpath}, close_fds=False, capture_output=True,
        check=True, text=True,
    )  # fmt: skip
    after_ns = time.monotonic_ns()
    words = done.stdout.split()
    assert words[:2] == ["a", "b"]
    assert str(write) not in words[2:], "it closed the pipe"
    assert str(file) not in words[2:], "it closed its own file"
    seconds, rest, cpu_seconds, cpu_ns = NOTE.unpack(os.read(read, 100))
    assert before_ns <= seconds * 10**9 + rest <= after_ns
    assert (cpu_seconds, cpu_ns > 0) == (0, True)
    for descriptor in (read, write, file):
        os.close(descriptor)


def test_what_is_not_there_ends_it() -> None:
    file = os.memfd_create("test", 0)
    os.write(file, noting(1, file))
    done = subprocess.run(
        [f"/proc/self/fd/{file}", "/nowhere"], close_fds=False, stdout=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip
    os.close(file)
    assert done.returncode == 127


def test_the_kernel_has_a_pvh_entry() -> None:
    found = read_elf(nothing())
    assert found.pvh_entry == found.entry
    assert found.is_static
    assert len(nothing()) < 256
