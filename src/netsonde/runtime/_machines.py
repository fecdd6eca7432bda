"""Machines that are made of Debian's packages once, and kept: kernels, disks, file systems.

What comes of a recipe is kept in a folder that is named by the recipe's digest. It is made beside
it under another name and then renamed: what is there is whole.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from netsonde.model import HostError
from netsonde.runtime._ledger import Made

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

#: Seconds that another process may take to make the same machine.
OTHER_S = 1_800.0
#: Seconds between two looks whether it is done.
_LOOK_S = 0.5
#: Digits of a digest in the name of a folder.
_DIGITS = 16
_CARD = "machine.json"
_PART = ".part"


class Recipe(NamedTuple):
    """How a machine is made.

    Attributes:
        name: The machine's.
        parts: All that decides what comes of it.
        files: Names of what comes of it.
        make: Puts it into a folder.
    """

    name: str
    parts: Sequence[str]
    files: Sequence[str]
    make: Callable[[Path, Callable[[str], None]], Awaitable[None]]

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        whole = hashlib.sha256(msgspec.json.encode([*self.parts, *self.files]))
        return folder() / f"{self.name}-{whole.hexdigest()[:_DIGITS]}"


class Machine(msgspec.Struct, frozen=True):
    """A machine that is kept.

    Attributes:
        name: Its name.
        path: Its folder.
        files: Bytes on disk of each of its files.
        made_in_s: Seconds that making it took.
    """

    name: str
    path: str
    files: dict[str, int]
    made_in_s: float

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(self.files.values())

    def file(self, name: str) -> Path:
        """Return the path of one of its files."""
        return Path(self.path) / name

    def open(self, name: str) -> int:
        """Return one of its files, as a descriptor to read from, for the caller to close.

        Raises:
            HostError: It is not there any more.
        """
        try:
            return os.open(self.file(name), os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            message = f"cannot read {self.file(name)}: {error.strerror}"
            raise HostError(message, f"netsonde runtime build {self.name} --again") from error


def folder() -> Path:
    """Return where machines are kept."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "netsonde" / "machines"


def say_on_stderr(text: str) -> None:
    """Tell people something, where no result is."""
    print(f"netsonde: {text}", file=sys.stderr, flush=True)


async def machine(
    recipe: Recipe, say: Callable[[str], None] = say_on_stderr, *, is_anew: bool = False
) -> Machine:
    """Return a machine, made first if it is not there.

    Args:
        recipe: How it is made.
        say: Tells how far it is.
        is_anew: Whether to make it again, of the packages that Debian has now.

    Raises:
        HostError: It cannot be made.
    """
    found = _find(recipe)
    if found is not None and not is_anew:
        return found
    try:
        folder().mkdir(parents=True, exist_ok=True)
        async with _locked(recipe, say):
            found = _find(recipe)
            if found is not None and not is_anew:
                return found  # the other one made it
            return await _made(recipe, say)
    except OSError as error:
        raise HostError(f"cannot write {folder()}: {error.strerror}") from error


def machines() -> list[Machine]:
    """Return the machines that are kept."""
    cards = sorted(folder().glob(f"*/{_CARD}")) if folder().exists() else []
    return [one for card in cards if (one := _read(card.parent)) is not None]


def forget_machines() -> list[Made]:
    """Remove all machines, and what was left of making them; return what it was.

    Raises:
        HostError: One cannot be removed, or is being made.
    """
    removed = []
    for path in sorted(folder().glob("*-*")) if folder().exists() else []:
        name = path.name.rpartition("-")[0]
        try:
            # It stays: who waits for it has it open.
            with _lock(name).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        except BlockingIOError:
            raise HostError(f"the machine {name} is being made", "wait for it, or end it") from None
        except OSError as error:
            raise HostError(f"cannot remove {path}: {error.strerror}") from error
        removed.append(Made("machine", str(path)))
    return removed


def _lock(name: str) -> Path:
    """Return the file that whoever makes the machines of a name has locked."""
    return folder() / f"{name}.lock"


async def _made(recipe: Recipe, say: Callable[[str], None]) -> Machine:
    """Make a machine, in the place of earlier ones of that name."""
    began = time.monotonic()
    for rest in folder().glob(f"{recipe.name}-*{_PART}"):
        shutil.rmtree(rest)  # of a maker that was killed: we hold the lock
    part = recipe.folder.with_suffix(_PART)
    say(f"making the machine {recipe.name} of Debian's packages, once")
    part.mkdir()
    try:
        await recipe.make(part, say)
        sizes = {name: (part / name).stat().st_blocks * 512 for name in recipe.files}
        made_in_s = round(time.monotonic() - began, 1)
        one = Machine(recipe.name, str(recipe.folder), sizes, made_in_s)
        for path in part.iterdir():
            if path.name not in recipe.files:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        (part / _CARD).write_bytes(msgspec.json.encode(one))
        for old in folder().glob(f"{recipe.name}-*"):
            if old != part and old.is_dir():
                shutil.rmtree(old)  # what runs has its files open
        part.rename(recipe.folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    say(f"made {one.path}: {one.size / 1e6:,.0f} MB in {made_in_s:.0f} s")
    return one


def _find(recipe: Recipe) -> Machine | None:
    return _read(recipe.folder)


def _read(path: Path) -> Machine | None:
    """Return the machine in a folder, which may have been copied from another host."""
    try:
        one = msgspec.json.decode((path / _CARD).read_bytes(), type=Machine)
    except (OSError, msgspec.DecodeError):
        return None
    return msgspec.structs.replace(one, path=str(path))


@asynccontextmanager
async def _locked(recipe: Recipe, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Keep others from making the same machine; the lock goes with this process."""
    with _lock(recipe.name).open("w") as file:
        has_said = False
        deadline = time.monotonic() + OTHER_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    message = f"another process has been making {recipe.name} for too long"
                    raise HostError(message, f"end it, or remove {file.name}") from None
            if not has_said:
                say(f"another process is making the machine {recipe.name}: waiting for it")
                has_said = True
            await asyncio.sleep(_LOOK_S)
        yield
