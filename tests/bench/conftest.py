"""What tests of the comparison share: a user of their own, a place, and rows made up."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from netsonde.bench import Mirror, Place
from netsonde.lab import load


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let images and notes of runs be where nobody else looks."""
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))


@pytest.fixture
def place() -> Iterator[Place]:
    """Return a place with few instances and little time."""
    lab = load("invisible-php")
    with Mirror(lab) as mirror:
        yield Place(lab, mirror, instances=3, density=3, seconds=0.1)


@pytest.fixture(params=["process", "unikernel"])
def runtime(request: pytest.FixtureRequest) -> str:
    """Return a runtime that works without a right."""
    name = str(request.param)
    if name == "unikernel" and shutil.which("qemu-system-x86_64") is None:
        pytest.skip("needs QEMU")
    return name
