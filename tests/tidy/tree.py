"""The files that the house rules look at."""

import os
from collections.abc import Iterator
from pathlib import Path

#: Never ours: built, installed or cached.
_SKIPPED = {"target", "site", "dist", "node_modules", "__pycache__", "artifacts", "corpus"}


def files(root: Path, *endings: str, under: str = ".") -> Iterator[Path]:
    """Yield our files with one of these endings, in order of name."""
    for folder, folders, names in os.walk(root / under):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIPPED and (name == ".ci" or not name.startswith("."))
        )
        yield from (Path(folder) / name for name in sorted(names) if name.endswith(endings))


def at(root: Path, path: Path, line: int, message: str) -> str:
    """Say what is wrong where, as compilers do."""
    return f"{path.relative_to(root).as_posix()}:{line}: {message}"
