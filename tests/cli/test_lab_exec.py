"""`netsonde lab exec`: what it hands to the live driver."""

from collections.abc import Sequence
from typing import Any

import pytest

from netsonde.cli import _lab_exec
from netsonde.cli._main import run
from netsonde.lab import Lab


@pytest.mark.parametrize(
    ("arguments", "command", "options"),
    [
        (
            ["plain", "--", "traceroute", "-6", "host"],
            ("traceroute", "-6", "host"),
            {"attachments": (), "quiet": False},
        ),
        (["plain", "id"], ("id",), {"attachments": (), "quiet": False}),
        (
            ["-q", "plain", "--attach", "vp", "--", "id", "-u"],
            ("id", "-u"),
            {"attachments": ("vp",), "quiet": True},
        ),
    ],
)
def test_everything_after_the_dashes_is_the_command_s(
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    command: tuple[str, ...],
    options: dict[str, Any],
) -> None:
    seen: list[tuple[str, Sequence[str], dict[str, Any]]] = []

    def record(lab: Lab, command: Sequence[str], **options: object) -> None:
        seen.append((lab.name, tuple(command), options))

    monkeypatch.setattr(_lab_exec, "execute_in", record)
    assert run(["lab", "exec", *arguments]) == 0
    assert seen == [("plain", command, options)]


def test_a_command_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "exec", "plain"]) == 2
    assert "missing argument" in capsys.readouterr().err


def test_an_unknown_scenario_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", "exec", "plian", "--", "true"]) == 2
    assert "hint: did you mean plain?" in capsys.readouterr().err
