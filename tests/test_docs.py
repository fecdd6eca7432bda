"""What the documentation shows is so: commands and options exist, transcripts are real."""

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from netsonde.cli._main import cli

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

_BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SHELL = {"sh", "bash", "shell", "console", "text"}
_PREFIX = re.compile(r"^(?:\$ )?(?:sudo )?(?:\.venv/bin/)?netsonde ")


def blocks(text: str, *languages: str) -> Iterator[str]:
    """Yield the fenced blocks of a page in one of these languages."""
    return (match[2] for match in _BLOCK.finditer(text) if match[1] in languages)


def commands(text: str) -> Iterator[list[str]]:
    """Yield the arguments of each `netsonde` command that a page shows."""
    for block in blocks(text, *_SHELL):
        for line in block.replace("\\\n", " ").splitlines():
            if _PREFIX.match(line):
                words = shlex.split(_PREFIX.sub("", line), comments=True)
                ends = [words.index(word) for word in ("|", ">", ";", "&&", "--") if word in words]
                yield words[: min(ends, default=len(words))]


def transcripts(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command shown with what it prints, where that is the same every time: labs."""
    for block in blocks(text, "console"):
        for entry in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = entry.partition("\n")
            if _PREFIX.match(command) and " --lab " in command and output:
                yield command, output


def unknown(arguments: list[str]) -> str | None:
    """Return the first word that the command line would not understand."""
    command: click.Command = cli
    context = click.Context(command)
    words = list(arguments)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None:
            return words[0]
        command, words = found, words[1:]
    known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    known |= set(command.get_help_option_names(context))
    options = (word.split("=")[0] for word in words if re.match(r"--?[a-zA-Z]", word))
    return next((option for option in options if option not in known), None)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_exist(page: Path) -> None:
    for arguments in commands(page.read_text()):
        assert unknown(arguments) is None, f"netsonde {shlex.join(arguments)}: {unknown(arguments)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_transcripts_are_real(page: Path) -> None:
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    for command, output in transcripts(page.read_text()):
        program = str(Path(sys.executable).with_name("netsonde"))
        found = subprocess.run(
            [program, *shlex.split(command)[1:]],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        assert found.splitlines() == output.splitlines(), command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_python_parses(page: Path) -> None:
    for block in blocks(page.read_text(), "python"):
        compile(block, str(page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_what_does_not_exist_is_noticed() -> None:
    page = (
        "```sh\n$ netsonde trace x --windov 3 | less\nsudo netsonde tnd y\nnetsonde ping z\n```\n"
    )
    assert [unknown(arguments) for arguments in commands(page)] == ["--windov", "tnd", None]
