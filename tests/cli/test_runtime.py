"""`netsonde runtime`: machines that are made, and what is removed."""

import json

import pytest

from netsonde.cli import _runtime
from netsonde.cli._main import run
from netsonde.model import HostError
from netsonde.runtime import Machine, Made


def test_what_was_removed_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_runtime, "clean_up", list)
    assert run(["runtime", "clean"]) == 0
    assert capsys.readouterr().out == "nothing was left\n"
    found = [
        Made("container", "netsonde-1", "podman"),
        Made("folder", "there"),
        Made("setting", "/sys/run", texts=("1", "2", "0")),
    ]
    monkeypatch.setattr(_runtime, "clean_up", lambda: found)
    assert run(["runtime", "clean"]) == 0
    assert capsys.readouterr().out == (
        "removed the podman container netsonde-1\nremoved the folder there\n"
        "put the setting /sys/run back to 0\n"
    )
    assert run(["runtime", "clean", "--json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    told = {"kind": "container", "name": "netsonde-1", "engine": "podman"}
    assert first == told | {"texts": []}


def test_a_machine_is_made_ahead(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []
    made = Machine("vm", "/there", {"disk": 400_000_000, "kernel": 14_000_000}, 115.0)

    async def build(name: str, *, is_anew: bool) -> Machine:
        asked.append((name, is_anew))
        return made

    monkeypatch.setattr(_runtime, "build_machine", build)
    assert run(["runtime", "build", "vm"]) == 0
    assert capsys.readouterr().out == "/there/disk  400.0 MB\n/there/kernel  14.0 MB\n"
    assert run(["runtime", "build", "microvm", "--again", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"]["disk"] == 400_000_000
    assert asked == [("vm", False), ("microvm", True)]
    assert run(["runtime", "build", "unikernel"]) == 2


def test_what_is_missing_for_a_machine_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def build(name: str, *, is_anew: bool) -> Machine:
        del name, is_anew
        raise HostError("there is no program `mmdebstrap`", "apt-get install mmdebstrap")

    monkeypatch.setattr(_runtime, "build_machine", build)
    assert run(["runtime", "build", "vm"]) == 4
    assert "apt-get install mmdebstrap" in capsys.readouterr().err


def test_machines_are_listed_and_forgotten(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Machine("microvm", "/there", {"kernel": 14_000_000}, 5.0)
    monkeypatch.setattr(_runtime, "machines", lambda: [made])
    assert run(["runtime", "list"]) == 0
    assert capsys.readouterr().out == "microvm       14.0 MB  /there\n"
    monkeypatch.setattr(_runtime, "machines", list)
    assert run(["runtime", "list"]) == 0
    assert "netsonde runtime build microvm" in capsys.readouterr().out
    monkeypatch.setattr(_runtime, "clean_up", list)
    monkeypatch.setattr(_runtime, "forget_machines", lambda: [Made("machine", "/there")])
    assert run(["runtime", "clean"]) == 0
    assert capsys.readouterr().out == "nothing was left\n"
    assert run(["runtime", "clean", "--machines"]) == 0
    assert capsys.readouterr().out == "removed the machine /there\n"
