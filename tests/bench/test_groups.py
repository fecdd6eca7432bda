"""Control groups with a limit."""

import subprocess
import sys
from pathlib import Path

import pytest

from netsonde.bench._groups import Group, group
from netsonde.model import HostError

EAT = "held = bytearray(64 << 20); print(len(held))"


@pytest.mark.root
def test_memory_is_limited_and_charged() -> None:
    with group("test", memory_bytes=32 << 20) as made:
        command = [sys.executable, "-I", "-c", EAT]
        done = subprocess.run(command, preexec_fn=made.join, capture_output=True, check=False)
        assert done.returncode == -9
        assert made.kills >= 1
        assert made.cpu_ns > 1_000_000
        folders = made.folders
        assert all(folder.exists() for folder in folders)
    assert not any(folder.exists() for folder in folders)


@pytest.mark.root
def test_who_stays_is_ended() -> None:
    with group("test", memory_bytes=1 << 30, cpu_share=0.25) as made:
        left = subprocess.Popen(["sleep", "60"], preexec_fn=made.join)  # noqa: PLW1509
        assert made.charged_bytes > 0
    assert left.wait(timeout=20) == -9


@pytest.mark.root
def test_what_engines_made_below_other_controllers_is_removed() -> None:
    with group("test", memory_bytes=1 << 30) as made:
        for place in made.places:
            (place / "below").mkdir(parents=True)
    assert not any(place.exists() for place in made.places)


def test_version_one_has_a_place_below_each_controller(tmp_path: Path) -> None:
    for name in ("cpu", "cpuacct", "memory", "pids", "systemd"):
        (tmp_path / name).mkdir()
    made = Group("x", tmp_path)
    assert {place.parent.name for place in made.folders} == {"cpu", "cpuacct", "memory"}
    assert {place.parent.name for place in made.places} > {"cpu", "memory", "pids", "systemd"}
    (tmp_path / "cgroup.controllers").touch()
    assert Group("x", tmp_path).places == [tmp_path / "x"]


def test_a_host_without_groups(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="cannot make the control group"):
        Group("x", tmp_path / "nowhere").make(memory_bytes=1 << 20)


def test_version_two_is_written_as_it_wants(tmp_path: Path) -> None:
    for name in ("cgroup.controllers", "cgroup.subtree_control"):
        (tmp_path / name).touch()
    made = Group("x", tmp_path)
    made.make(memory_bytes=1 << 20, cpu_share=0.25)
    assert (tmp_path / "x/memory.max").read_text() == "1048576"
    assert (tmp_path / "x/cpu.max").read_text() == "25000 100000"
    (tmp_path / "x/memory.events").write_text("low 0\noom 2\noom_kill 3\n")
    (tmp_path / "x/memory.current").write_text("4096\n")
    (tmp_path / "x/cpu.stat").write_text("usage_usec 17\nuser_usec 5\n")
    assert (made.kills, made.charged_bytes, made.cpu_ns) == (3, 4096, 17_000)
