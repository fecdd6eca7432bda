"""What runs made on this host that outlives them if they are killed, and how it is removed.

Processes die with their parent; namespaces, cards and bridges with the last descriptor of theirs;
tables of rules with the socket that owns them. Containers are the daemon's, control groups and
settings the kernel's: each run writes down its own before it makes or changes it. A container
carries a label that says the same.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from netsonde.model import HostError
from netsonde.runtime._conmon import end_watchers, watchers
from netsonde.runtime._kernel import put_back, remove_group
from netsonde.runtime._programs import search_path

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds that removing one thing may take.
REMOVE_S = 60.0
#: What an engine says that was disturbed: others have a mount still that goes just then, or, under
#: load, the kernel ended a program that Podman asks for its version.
_PASSING = ("resource busy", "signal: killed")
#: How often it is asked in all, and seconds between.
_TRIES, _TRY_AGAIN_S = 10, 0.2
#: The label of our containers; its value is the owner.
LABEL = "netsonde.owner"
#: How the names of our containers begin; the run and the owner follow, each after a point.
STEM = "netsonde"
#: What engines say that do not run, or not for this user.
_NOBODY_ANSWERS = ("cannot connect", "permission denied", "failed to connect")
#: Runs that are looked at, at most.
_RUNS_MAX = 10_000


class Owner(NamedTuple):
    """A process, told from a later one of the same number by when it began."""

    pid: int
    began: int

    def __str__(self) -> str:
        return f"{self.pid}-{self.began}"

    def is_alive(self) -> bool:
        """Return whether it runs still."""
        return _began(self.pid) == self.began


class Made(msgspec.Struct, frozen=True):
    """One thing that a run made, or changed.

    Attributes:
        kind: `container`, `folder`, `control group`, `setting`, or `machine`.
        name: Its name, or path.
        engine: The container's: `docker` or `podman`.
        texts: The setting's, as `put_back` takes them.
    """

    kind: str
    name: str
    engine: str = ""
    texts: tuple[str, ...] = ()


def is_alive(pid: int) -> bool:
    """Return whether a process runs, and is not only waited for."""
    return _began(pid) != 0


def container_name(run: str) -> str:
    """Return the name of a run's container: it says who owns it.

    Engines print names alike, but labels each in its own way.
    """
    return f"{STEM}.{run}.{ourselves()}"


class Ledger:
    """The things of one run, in a file of its own.

    Args:
        run: The run's name.
    """

    def __init__(self, run: str) -> None:
        self._file = folder() / f"{run}.{ourselves()}.json"
        self._made: list[Made] = []

    def add(self, *made: Made) -> None:
        """Write down what is about to be made or changed.

        Raises:
            HostError: It cannot be written.
        """
        self._made += made
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = self._file.with_suffix(".part")
            part.write_bytes(msgspec.json.encode(self._made))
            part.replace(self._file)
        except OSError as error:
            raise HostError(f"cannot write {self._file}: {error.strerror}") from error

    def settle(self) -> None:
        """Remove or put back all that was written down, and then remove the note of it.

        Raises:
            HostError: Something stays; so does the note.
        """
        for made in reversed(self._made):
            remove(made)
        self._file.unlink(missing_ok=True)


def folder() -> Path:
    """Return where runs write down what they make."""
    home = os.environ.get("XDG_RUNTIME_DIR")
    default = Path("/run") if os.geteuid() == 0 else Path(tempfile.gettempdir())
    name = "netsonde" if home or os.geteuid() == 0 else f"netsonde-{os.getuid()}"
    return (Path(home) if home else default) / name / "runs"


def ourselves() -> Owner:
    """Return this process as an owner."""
    return Owner(os.getpid(), _began(os.getpid()))


def clean() -> list[Made]:
    """Remove what runs left that are no more; return what it was.

    Raises:
        HostError: Something could not be removed.
    """
    removed = clean_noted()
    for engine in ("docker", "podman"):
        for name in _orphans(engine):
            made = Made("container", name, engine)
            removed += [made] if _remove_left(made) else []
        # Of images, those that an upgrade left without a name.
        _ask(engine, "image", "prune", "--force", "--filter", "label=netsonde.image")
    return removed


def clean_noted() -> list[Made]:
    """Remove what runs wrote down that are no more, and ask no engine of its own accord.

    Raises:
        HostError: Something could not be removed.
    """
    removed = []
    for file, owner in _notes():
        if owner.is_alive():
            continue
        try:
            things = msgspec.json.decode(file.read_bytes(), type=list[Made])
        except (OSError, msgspec.DecodeError):
            things = []  # killed while it wrote: a container's label tells the same
        removed += [made for made in reversed(things) if _remove_left(made)]
        file.unlink(missing_ok=True)
    return removed


def _remove_left(made: Made) -> bool:
    """Remove what a killed run left, with what goes on without it; return whether it was there."""
    was_there = remove(made)
    return (made.engine == "podman" and end_watchers(made.name)) or was_there


def remove(made: Made) -> bool:
    """Remove a thing, or put it back; return whether it was there.

    Raises:
        HostError: It is there still.
    """
    match made.kind:
        case "folder":
            return _remove_folder(Path(made.name))
        case "control group":
            return remove_group(Path(made.name))
        case "setting":
            return put_back(Path(made.name), made.texts)
    return _remove_container(made)


def _remove_container(made: Made) -> bool:
    done = _ask(made.engine, "rm", "--force", "--volumes", made.name)
    if done is None:
        return False
    missing = "no such container" in done.stderr.lower() or "no container" in done.stderr.lower()
    if done.returncode != 0 and not missing and "already in progress" not in done.stderr:
        raise HostError(f"cannot remove the container {made.name}: {done.stderr.strip()}")
    return done.returncode == 0 and not missing and bool(done.stdout.strip())


def _remove_folder(path: Path) -> bool:
    import shutil  # noqa: PLC0415 - rarely needed

    if not path.exists():
        return False
    shutil.rmtree(path, ignore_errors=False)
    return True


def _orphans(engine: str) -> list[str]:
    """Return our containers whose owner is no more; none of an engine that nobody can ask.

    Raises:
        HostError: The engine answers, but not this.
    """
    shown = _ask(engine, "ps", "--all", "--filter", f"label={LABEL}", "--format", "{{.Names}}")
    if shown is None or any(words in shown.stderr.lower() for words in _NOBODY_ANSWERS):
        return []
    if shown.returncode != 0:
        raise HostError(f"{engine} does not tell its containers: {shown.stderr.strip()[-200:]}")
    names = set(shown.stdout.split())
    if engine == "podman":
        names |= {watcher.name for watcher in watchers()}
    found = []
    for name in sorted(names):
        read = _read_owner(name.rpartition(".")[2])
        if name.startswith(f"{STEM}.") and read is not None and not read.is_alive():
            found.append(name)
    return found


def _notes() -> Iterator[tuple[Path, Owner]]:
    # A part is what a run wrote when it was killed.
    files = [path for path in folder().glob("*.*") if path.suffix in (".json", ".part")]
    for file in sorted(files)[:_RUNS_MAX]:
        if (owner := _read_owner(file.stem.rpartition(".")[2])) is not None:
            yield file, owner


def _read_owner(text: str) -> Owner | None:
    pid, _, began = text.partition("-")
    return Owner(int(pid), int(began)) if pid.isdecimal() and began.isdecimal() else None


def _began(pid: int) -> int:
    """Return when a process began, in ticks since boot; 0 if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    # The name, in parentheses, may hold anything.
    fields = text.rpartition(")")[2].split()
    return 0 if fields[0] == "Z" else int(fields[19])


def _ask(engine: str, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    """Run an engine's command; None if there is no such engine here."""
    for _ in range(_TRIES):
        done = _run(engine, *arguments)
        if done is None or not any(words in done.stderr for words in _PASSING):
            break
        threading.Event().wait(_TRY_AGAIN_S)
    return done


def _run(engine: str, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(  # noqa: S603 - no shell; the names are ours
            [engine, *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=REMOVE_S,
            env={**os.environ, "PATH": search_path()},
        )
    except FileNotFoundError:
        return None
    except subprocess.TimeoutExpired as error:
        raise HostError(f"{engine} does not answer", f"is its service running? {error}") from error
