"""The table of rules is there as long as the run, however it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netsonde.model import HostError
from netsonde.runtime import _rules
from netsonde.runtime._namespace import Namespace
from netsonde.runtime._rules import translated

pytestmark = pytest.mark.root


def tables() -> str:
    return subprocess.run(
        ["nft", "list", "tables"], check=True, capture_output=True, text=True
    ).stdout


def test_the_table_goes_with_the_context() -> None:
    def inside() -> None:
        with translated("nsonde7", ["100.127.240.28/30", "fd6e:7300:736f:7::/64"]):
            assert tables().strip() == "table inet netsonde_nsonde7"
        assert tables() == ""

    space = Namespace()
    try:
        space.inside(inside)
    finally:
        space.close()


def test_the_table_goes_with_a_killed_run() -> None:
    code = (
        "from netsonde.runtime._rules import translated\n"
        "with translated('nsonde7', ['100.127.240.28/30']):\n    print('up', flush=True); input()\n"
    )
    space = Namespace()

    def inside() -> None:
        run = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert run.stdout
        assert run.stdout.readline() == "up\n"
        assert "netsonde_nsonde7" in tables()
        run.send_signal(signal.SIGKILL)
        run.communicate()
        for _ in range(1_000):  # the holder's end is the kernel's to find time for
            if not tables():
                return
            os.sched_yield()
        pytest.fail("the table is there still")

    try:
        space.inside(inside)
    finally:
        space.close()


def test_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def inside() -> None:
        with (
            pytest.raises(HostError, match="cannot translate addresses"),
            translated("nsonde7", ["no network"]),
        ):
            pass

    space = Namespace()
    try:
        space.inside(inside)
        monkeypatch.setattr(_rules, "_RULES_S", 0.0)
        space.inside(inside)
    finally:
        space.close()


def test_a_program_that_ends_at_once_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the rules were written to it."""
    program = tmp_path / "nft"
    program.write_text("#!/bin/sh\necho 'no such library' >&2\n")
    program.chmod(0o755)

    begin = subprocess.Popen

    def ended(command: list[str], **named: object) -> "subprocess.Popen[str]":
        begun: subprocess.Popen[str] = begin(command, **named)  # type: ignore[call-overload]
        begun.wait()
        return begun

    monkeypatch.setattr(_rules, "find", lambda _: str(program))
    monkeypatch.setattr(subprocess, "Popen", ended)
    with (
        pytest.raises(HostError, match="cannot translate addresses: no such library"),
        translated("nsonde7", ["100.127.240.28/30"]),
    ):
        pass
