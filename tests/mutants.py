"""Break the core on purpose: each mutant of `mutants.toml` must be caught by the test it names.

Works on a copy of the workspace in `target/mutants`, so nothing here is touched: `make mutants`.
Exit status: 0 all caught, 1 one survived, 2 the tests fail without any mutant.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
#: What builds an image.
_IMAGE = ["-p", "netsonde-image", "--features", "boot", "--profile", "image"]


class Mutant(NamedTuple):
    """One way to break the core: in `file`, `find` becomes `replace`; `test` says who notices."""

    name: str
    file: str
    find: str
    replace: str
    test: list[str]


def mutants() -> list[Mutant]:
    """Return the listed mutants."""
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
    return [Mutant(**entry) for entry in table["mutant"]]


def problems(root: Path) -> Iterator[str]:
    """Yield what is wrong with the list: each mutant must change exactly one place."""
    for mutant in mutants():
        path = root / mutant.file
        count = path.read_text().count(mutant.find) if path.exists() else 0
        if count != 1 or mutant.find == mutant.replace:
            yield f"{mutant.name}: {mutant.file} has the text {count} times"


def main() -> int:
    """Check each mutant, or those whose name contains the argument."""
    wanted = " ".join(sys.argv[1:])
    chosen = [mutant for mutant in mutants() if wanted in mutant.name]
    copy = ROOT / "target" / "mutants" / "tree"
    _copy_workspace(copy)
    for test in {tuple(mutant.test): None for mutant in chosen}:
        if not _passes(copy, list(test)):
            print(f"error: fails without any mutant: cargo test {' '.join(test)}", file=sys.stderr)
            return 2
    survivors = [mutant.name for mutant in chosen if not _is_caught(copy, mutant)]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants caught")
    return 1 if survivors else 0


def _is_caught(copy: Path, mutant: Mutant) -> bool:
    path = copy / mutant.file
    original = path.read_text()
    path.write_text(original.replace(mutant.find, mutant.replace))
    try:
        caught = not _passes(copy, mutant.test)
    finally:
        path.write_text(original)
    print(f"{'caught  ' if caught else 'SURVIVED'}  {mutant.name}", flush=True)
    return caught


def _passes(copy: Path, test: list[str]) -> bool:
    """Return whether the tests pass; one that does not compile is a mistake in the list."""
    build = copy.parent / "build"
    environment = {**os.environ, "CARGO_TARGET_DIR": str(build)}
    if test[0] == "pytest":
        _build(copy, _IMAGE, environment)
        environment["NETSONDE_TEST_IMAGE"] = str(build / "image" / "netsonde-image")
        command = [sys.executable, "-m", *test, "-q", "-x", "-p", "no:cacheprovider"]
        return not subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, check=False
        ).returncode
    for extra in (["--no-run"], []):
        command = ["cargo", "test", "--quiet", "--locked", *extra, *test]
        status = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, check=False
        ).returncode
        if extra and status:
            raise SystemExit(f"error: does not compile: {' '.join(command)}")
    return status == 0


def _build(copy: Path, arguments: list[str], environment: dict[str, str]) -> None:
    command = ["cargo", "build", "--quiet", "--locked", *arguments]
    if subprocess.run(command, cwd=copy, env=environment, check=False).returncode:
        raise SystemExit(f"error: does not compile: {' '.join(command)}")


def _copy_workspace(copy: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for name in ("Cargo.toml", "Cargo.lock"):
        shutil.copy2(ROOT / name, copy)
    # A test compares the table in the documentation with what it finds.
    for name in ("crates", "docs"):
        shutil.copytree(ROOT / name, copy / name)


if __name__ == "__main__":
    sys.exit(main())
