"""Generated files are up to date; `make bless` rewrites them."""

from pathlib import Path

import pytest

from tests.cli import golden

FILES = golden.files()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_generated_file_is_what_the_code_makes(path: Path) -> None:
    assert path.read_text() == FILES[path](), "if this is right: `make bless`, and review it"


def test_no_golden_transcript_without_its_command() -> None:
    assert {path.name for path in golden.FOLDER.iterdir()} == set(golden.COMMANDS)


@pytest.mark.parametrize("path", sorted(golden.FOLDER.glob("*.txt")), ids=lambda path: path.name)
def test_tables_fit_100_columns(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if not line.startswith(("{", "$"))]
    assert max(map(len, lines), default=0) <= 100
