"""Runs the command line as people do."""

import os
import subprocess
import sys
from typing import NamedTuple

from netsonde.cli import _main


class Ran(NamedTuple):
    """What a command came to."""

    status: int
    out: str
    err: str


def netsonde(*arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> Ran:
    """Run `netsonde` in a process of its own, without a terminal."""
    program = [sys.executable, "-c", "from netsonde.cli import main; main()", *arguments]
    kept = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run(
        program, input=stdin, capture_output=True, env={**kept, **(env or {})}, check=False
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def summary(name: str) -> str:
    """Return the one-line description of a command."""
    return _main.COMMANDS[name].summary
