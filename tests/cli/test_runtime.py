"""`netsonde runtime clean`."""

import json

import pytest

from netsonde.cli import _runtime
from netsonde.cli._main import run
from netsonde.runtime import Made


def test_what_was_removed_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_runtime, "clean_up", list)
    assert run(["runtime", "clean"]) == 0
    assert capsys.readouterr().out == "nothing was left\n"
    found = [Made("container", "netsonde-1", "podman"), Made("folder", "there")]
    monkeypatch.setattr(_runtime, "clean_up", lambda: found)
    assert run(["runtime", "clean"]) == 0
    assert capsys.readouterr().out == (
        "removed the podman container netsonde-1\nremoved the folder there\n"
    )
    assert run(["runtime", "clean", "--json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first == {"kind": "container", "name": "netsonde-1", "engine": "podman"}
