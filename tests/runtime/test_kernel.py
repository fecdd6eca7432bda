"""What runs change of the kernel's is as before afterwards."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from netsonde.model import HostError
from netsonde.runtime import _kernel
from netsonde.runtime._kernel import put_back, remove_group

EAGER = ("1", "2", "0")


@pytest.mark.root
def test_a_group_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    memory = Path("/sys/fs/cgroup/memory")
    root = memory if memory.exists() else Path("/sys/fs/cgroup")
    folder = root / f"netsonde-kernel-{os.getpid()}"
    (folder / "below/below").mkdir(parents=True)
    # As the only process that a test may lose: it is ended by the group alone.
    left = subprocess.Popen(["sleep", "60"])
    (folder / "below/below/cgroup.procs").write_text(str(left.pid))
    try:
        assert remove_group(folder)
        assert not folder.exists()
        assert left.wait(timeout=20) == -signal.SIGKILL
        assert not remove_group(folder)
    finally:
        left.kill()


def test_a_group_that_stays_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kernel, "EMPTY_S", 0.0)
    (tmp_path / "held").touch()  # no control group: it cannot be removed as one
    with pytest.raises(HostError, match="cannot be removed"):
        remove_group(tmp_path)


@pytest.mark.parametrize(
    ("now", "then", "changed"),
    [("1\n", "0", True), ("2\n", "0", True), ("0\n", "0\n", False), ("3\n", "3\n", False)],
    ids=["changed", "killed on the way back", "killed before", "another's since"],
)
def test_only_what_is_ours_is_put_back(tmp_path: Path, now: str, then: str, changed: bool) -> None:
    setting = tmp_path / "run"
    setting.write_text(now)
    assert put_back(setting, EAGER) == changed
    assert setting.read_text() == then


def test_a_setting_goes_all_the_way_back(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(Path, "read_text", lambda _: "1\n")
    monkeypatch.setattr(Path, "write_text", lambda _, text: written.append(text))
    assert put_back(Path("/run"), EAGER)
    assert written == ["2", "0"]


def test_a_setting_that_cannot_be_put_back_is_told(tmp_path: Path) -> None:
    assert not put_back(tmp_path / "none", EAGER)
    with pytest.raises(HostError, match="cannot write") as caught:
        put_back(tmp_path, EAGER)
    assert caught.value.hint == "it was 0"
