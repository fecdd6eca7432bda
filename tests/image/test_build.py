"""From the image of this installation to one that may start."""

from pathlib import Path

import pytest

from netsonde import _core
from netsonde.image import _build, build, ready
from netsonde.model import FormatError, HostError, UsageError
from tests.image.samples import elf, store


def test_versions_grow(tmp_path: Path) -> None:
    found = store(tmp_path)
    assert [build(found, elf(letter)).version for letter in (b"a", b"b")] == [1, 2]
    assert build(found, elf(), name="other").version == 1
    assert build(found, elf(), version=9).version == 9


def test_what_is_no_executable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not an ELF"):
        build(store(tmp_path), b"#!/bin/sh\n" * 20)


def test_the_image_of_the_installation_is_built_at_first_use_and_after_an_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = store(tmp_path)
    monkeypatch.setattr(_build, "installed", lambda: elf(b"old"))
    assert ready(found).manifest.version == 1
    assert ready(found).manifest.version == 1
    monkeypatch.setattr(_build, "installed", lambda: elf(b"new"))
    assert ready(found).manifest.version == 2
    assert ready(found).data == elf(b"new")
    with pytest.raises(UsageError, match="no image other"):
        ready(found, "other")


def test_an_installation_without_image_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "image", bytes, raising=False)
    with pytest.raises(HostError, match="has no image"):
        _build.installed()
