"""The import contracts of `pyproject.toml`, run on small packages: they can fail."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
ROOMS = ("_core", *re.findall(r"netsonde\.(\w+)", " ".join(CONTRACTS[0]["layers"])))


def lint(root: Path, module: str, text: str) -> subprocess.CompletedProcess[str]:
    """Check a package that has every room, and `text` in one of them."""
    for room in ROOMS:
        package = root / "netsonde" / room
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
    (root / "netsonde" / "__init__.py").touch()
    (root / "netsonde" / module).write_text(text)
    program = Path(sys.executable).with_name("lint-imports")
    config = f"--config={ROOT / 'pyproject.toml'}"
    return subprocess.run(
        [program, config, "--no-cache"], cwd=root, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("cli/_a.py", "import netsonde.report, netsonde.measure, netsonde.lab, subprocess"),
        ("measure/_a.py", "import asyncio\nfrom netsonde.lab import x"),
    ],
)
def test_downwards_is_allowed(tmp_path: Path, module: str, text: str) -> None:
    result = lint(tmp_path, module, text)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("lab/_a.py", "from netsonde.measure import x"),
        ("model/_a.py", "import netsonde.lab"),
        ("report/_a.py", "import netsonde.cli"),
        ("report/_a.py", "import subprocess"),
        ("model/_a.py", "import time"),
    ],
)
def test_upwards_and_impure_is_refused(tmp_path: Path, module: str, text: str) -> None:
    result = lint(tmp_path, module, text)
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout
