"""What Podman forgets is found by its command line and ended."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netsonde.runtime import _conmon, _ledger, clean
from netsonde.runtime._conmon import Watcher, end_watchers, watchers
from netsonde.runtime._ledger import Made

_CONTAINER = "7fb15c0c4775"
#: Waits until there is a file, as conmon does until its container has ended.
_WAITS = """
import os, sys, time
while not os.path.exists(sys.argv[-1]):
    time.sleep(0.01)
"""

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Return what starts a process whose command line is that of conmon."""
    monkeypatch.setattr(_conmon, "ENDS_MS", 50)
    monkeypatch.setattr(_conmon, "TRIES", 2)
    monkeypatch.setattr(_conmon, "_MAKERS", ())
    script, started = tmp_path / "waits.py", []
    script.write_text(_WAITS)

    def begin(name: str, program: str = "/usr/bin/conmon") -> "subprocess.Popen[bytes]":
        words = [program, str(script), "-c", _CONTAINER, "-n", name, str(tmp_path / "ended")]
        started.append(subprocess.Popen(words, executable=sys.executable))
        # Until then it is Python that runs in the child.
        while program not in Path(f"/proc/{started[-1].pid}/cmdline").read_text():
            threading.Event().wait(0.001)
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def name_of(run: str) -> str:
    """Return the name of a container whose owner is no more."""
    owner = subprocess.Popen(["true"])
    owner.wait()
    return f"netsonde.{run}.{owner.pid}-1"


def test_what_watches_a_container_is_found_and_ended(start: Start) -> None:
    name, other = name_of("a"), name_of("b")
    ended, stays = start(name), start(other)
    start(name, "/usr/bin/other")
    assert Watcher(ended.pid, name, _CONTAINER) in list(watchers())
    assert [one.name for one in watchers() if one.name in (name, other)].count(name) == 1
    assert end_watchers(name)
    assert ended.wait() < 0
    assert stays.poll() is None
    assert not end_watchers(name)


def test_its_container_is_ended_first(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = tmp_path / "maker"
    maker.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/ended\n')
    maker.chmod(0o755)
    monkeypatch.setattr(_conmon, "_MAKERS", ("maker", "none"))
    monkeypatch.setattr(_conmon, "ENDS_MS", 200)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    watcher = start(name_of("a"))
    (name,) = [one.name for one in watchers() if one.pid == watcher.pid]
    assert end_watchers(name)
    assert watcher.wait() == 0, "by itself, as its container is gone"
    assert (tmp_path / "ended").read_text().split() == ["delete", "--force", _CONTAINER]


def test_who_ends_by_itself_is_nothing_that_was_left(start: Start, tmp_path: Path) -> None:
    name = name_of("a")
    watcher = start(name)
    (tmp_path / "ended").touch()
    assert not end_watchers(name)
    assert watcher.wait(timeout=30) == 0


def test_what_podman_forgot_is_cleaned(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    name = name_of("a")
    forgotten, ours = start(name), start(_ledger.container_name("b"))

    def ask(engine: str, *arguments: str) -> subprocess.CompletedProcess[str] | None:
        if engine != "podman":
            return None
        complaint = "no container with that name" if arguments[0] == "rm" else ""
        return subprocess.CompletedProcess(arguments, 0, "", complaint)

    monkeypatch.setattr(_ledger, "_ask", ask)
    assert clean() == [Made("container", name, "podman")]
    assert forgotten.wait() < 0
    assert ours.poll() is None
