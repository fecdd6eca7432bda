"""What killed runs left is found by what they wrote down."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from netsonde.model import HostError
from netsonde.runtime import _ledger, clean
from netsonde.runtime._ledger import Ledger, Made, Owner, container_name, folder, ourselves, remove


@pytest.fixture(autouse=True)
def engine_asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Let there be no engines; return what would ask them."""
    asked = _ledger._ask
    monkeypatch.setattr(_ledger, "_ask", lambda *_: None)
    return asked


def dead() -> Owner:
    """Return a process that is no more."""
    process = subprocess.Popen(["true"])
    owner = Owner(process.pid, 1)
    process.wait()
    return owner


def test_an_owner_is_told_from_a_later_process_of_its_number() -> None:
    ours = ourselves()
    assert ours.is_alive()
    assert not ours._replace(began=ours.began + 1).is_alive()
    assert not dead().is_alive()


def test_what_is_settled_leaves_no_note(tmp_path: Path) -> None:
    ledger, made = Ledger("run"), tmp_path / "made"
    ledger.add(Made("folder", str(made)))
    made.mkdir()
    assert clean() == [], "it is ours, and we live"
    assert made.exists()
    ledger.settle()
    assert not made.exists()
    assert list(folder().iterdir()) == []


def test_what_a_dead_run_made_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "made"
    (made / "inside").mkdir(parents=True)
    owner = dead()
    monkeypatch.setattr(_ledger, "ourselves", lambda: owner)
    ledger = Ledger("run")
    ledger.add(Made("folder", str(made)))
    ledger.add(Made("folder", str(tmp_path / "never made")))
    assert clean() == [Made("folder", str(made))]
    assert not made.exists()
    assert clean() == []


def test_a_note_that_was_cut_is_thrown_away() -> None:
    folder().mkdir(parents=True)
    note = folder() / f"run.{dead()}.json"
    note.write_text('[{"kind":')
    part = note.with_suffix(".part")
    part.write_text("[")
    (folder() / "of nobody.json").write_text("[]")
    assert clean() == []
    assert not note.exists()
    assert not part.exists()


def test_an_engine_that_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(arguments, 1, "", "permission denied")

    monkeypatch.setattr(_ledger, "_ask", ask)
    with pytest.raises(HostError, match="cannot remove the container x: permission denied"):
        remove(Made("container", "x", "docker"))


def test_orphans_are_found_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    removed, orphan, status, complaint = [], f"netsonde.a.{dead()}", 0, ""

    def ask(engine: str, *arguments: str) -> subprocess.CompletedProcess[str] | None:
        if engine == "podman":
            return None
        if arguments[0] == "rm":
            removed.append(arguments[-1])
            return subprocess.CompletedProcess(arguments, 0, f"{arguments[-1]}\n", "")
        names = (orphan, container_name("b"), "netsonde.c", f"other.d.{dead()}")
        return subprocess.CompletedProcess(arguments, status, "\n".join(names), complaint)

    monkeypatch.setattr(_ledger, "_ask", ask)
    assert clean() == [Made("container", orphan, "docker")]
    assert removed == [orphan]
    status, complaint = 1, "Cannot connect to the Docker daemon"
    assert clean() == []
    complaint = "cannot evaluate field Label"
    with pytest.raises(HostError, match="docker does not tell its containers: cannot evaluate"):
        clean()


def test_an_engine_that_was_disturbed_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, engine_asked: Callable[..., object]
) -> None:
    said = ["device or resource busy", "conmon invalid: signal: killed", "no such thing"]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(arguments, 1, "", said.pop(0))

    monkeypatch.setattr(_ledger, "_run", run)
    monkeypatch.setattr(_ledger, "_TRY_AGAIN_S", 0)
    monkeypatch.setattr(_ledger, "_ask", engine_asked)
    with pytest.raises(HostError, match="cannot remove the container x: no such thing"):
        remove(Made("container", "x", "podman"))
    assert said == []


def test_where_notes_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert folder().parts[-2:] == ("netsonde", "runs") or os.geteuid() != 0
