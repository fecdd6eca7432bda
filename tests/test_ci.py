"""What set-up says on machines that lack something: a missing program has a name and a hint."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLAIN = ("bash", "cut", "dirname", "env", "head", "sed", "sort")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder with the plainest programs, to which a test adds its own."""
    for name in PLAIN:
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    return tmp_path


def add(programs: Path, name: str, script: str) -> None:
    path = programs / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(script: str, programs: Path) -> subprocess.CompletedProcess[str]:
    text = (ROOT / ".ci" / script).read_text().replace(":/usr/sbin:/sbin", "")
    return subprocess.run(
        [programs / "bash", "-c", text],
        cwd=ROOT,
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_rust(programs: Path) -> None:
    result = run("toolchain", programs)
    assert result.returncode == 1
    assert "error: no Rust toolchain" in result.stderr
    assert "hint: install Rust 1." in result.stderr


@pytest.mark.parametrize(("version", "status"), [("1.79.0", 1), ("1.9.0", 1), ("1.100.2", 0)])
def test_rust_has_to_be_recent(programs: Path, version: str, status: int) -> None:
    add(programs, "cargo", "true")
    add(programs, "rustc", f"echo rustc {version} '(abc 2025-01-01)'")
    add(programs, "python3", "true")
    result = run("toolchain", programs)
    assert result.returncode == status, result.stderr
    assert (f"Rust {version} is too old" in result.stderr) == bool(status)


def test_python_has_to_be_recent(programs: Path) -> None:
    add(programs, "cargo", "true")
    add(programs, "rustc", "echo rustc 1.100.0")
    add(programs, "python3", '[ "$1" = --version ] && echo Python 3.9.1 || exit 1')
    result = run("toolchain", programs)
    assert result.returncode == 1
    assert "python3 is Python 3.9.1" in result.stderr


def test_without_root_missing_packages_are_named(programs: Path) -> None:
    add(programs, "id", "echo 1000")
    add(programs, "python3", "true")
    add(programs, "traceroute", "true")
    result = run("packages", programs)
    assert result.returncode == 0
    assert "missing system packages: gcc" in result.stderr
    assert "scamper" in result.stderr
    assert "traceroute" not in result.stderr


def test_as_root_missing_packages_are_installed(programs: Path) -> None:
    log = programs / "log"
    add(programs, "id", "echo 0")
    add(programs, "python3", "true")
    add(programs, "apt-get", f'echo "$@" >> {log}')
    result = run("packages", programs)
    assert result.returncode == 0, result.stderr
    update, install = log.read_text().splitlines()
    assert update.startswith("update")
    assert "install" in install
    assert "iproute2" in install


def test_nothing_missing_nothing_said(programs: Path) -> None:
    needs = (ROOT / ".ci" / "packages").read_text().split('needs="')[1].split('"')[0]
    for line in needs.split("\n"):
        if line:
            add(programs, line.split()[0], "true")
    add(programs, "python3", "true")
    result = run("packages", programs)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
