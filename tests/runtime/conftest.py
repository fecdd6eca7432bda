"""What tests of runtimes share: a store with the stand-in."""

from pathlib import Path

import pytest

from netsonde.image import Store
from tests.runtime.stand_in import stored


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store that has the image `stand-in`."""
    return stored(tmp_path)


@pytest.fixture(autouse=True)
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs write down what they make where nobody else looks."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
