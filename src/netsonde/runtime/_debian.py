"""Debian's packages and whole Debian systems, from its archive, checked by its own tools.

Nothing is installed on this host: apt works in a folder of its own, mmdebstrap in one of its own.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from netsonde.model import HostError
from netsonde.runtime._prctl import end_with_parent
from netsonde.runtime._programs import find, search_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: The release that machines are made of.
RELEASE = "bookworm"
ARCHITECTURE = "amd64"
#: The kernel's package: it depends on the present version of it.
KERNEL = f"linux-image-cloud-{ARCHITECTURE}"
#: Keys of Debian's archive.
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
#: The variable that names a mirror of the archive.
MIRROR = "NETSONDE_DEBIAN_MIRROR"
#: The release itself, and what came later.
_PARTS = ("", "-updates", "-security")
#: Seconds in which a program that was told to end has to.
END_S = 15.0
#: Octets of one line of a program's words, at most.
_LINE_BYTES_MAX = 1 << 16
#: Lines of its words that are looked at when it failed.
_LINES_KEPT = 30
#: Runs a program, and passes an end on to all that it started: mmdebstrap waits for those and then
#: removes its files, but does not end them. It says to all of its group that they are to end, too.
_TOGETHER = """
trap 'trap : TERM; kill -TERM 0; wait' TERM
"$@" &
trap '' HUP
wait $!
"""
#: Who may be which other users, and groups.
_RANGES = (Path("/etc/subuid"), Path("/etc/subgid"))


async def sources(folder: Path) -> str:
    """Return where packages come from, as a file for apt: Debian's archive as this host has it.

    Args:
        folder: Where apt works.

    Raises:
        HostError: This host's apt has no archive of Debian, and none is named.
    """
    sites = await _sites(folder)
    if "" not in sites:
        message = "apt of this host has no archive of Debian"
        raise HostError(message, f"{MIRROR}=URL names one, such as a mirror near you")
    options = f"[arch={ARCHITECTURE} signed-by={KEYRING}]"
    return "".join(f"deb {options} {sites[part]} {RELEASE}{part} main\n" for part in sorted(sites))


async def _sites(folder: Path) -> dict[str, str]:
    """Return addresses of the archive, by what is added to a release's name there."""
    if named := os.environ.get(MIRROR, "").rstrip("/"):
        return {"": named, "-updates": named, "-security": f"{named}-security"}
    listed = [find("apt-get"), "indextargets", "--format", "$(REPO_URI) $(RELEASE)"]
    sites: dict[str, str] = {}
    for line in (await told(listed, folder)).splitlines():
        site, _, release = line.partition(" ")
        name, dash, part = release.partition("-")
        # Its own release first; that of another one is in the same archive.
        if name == RELEASE or (name.isalpha() and dash + part not in sites):
            sites[dash + part] = site
    return {part: sites[part] for part in _PARTS if part in sites}


async def unpacked_kernel(folder: Path, others: Sequence[str], say: Callable[[str], None]) -> Path:
    """Unpack Debian's kernel and other packages below a folder; return the root of the files.

    Raises:
        HostError: A program, the keys or the archive cannot be reached.
    """
    apt, unpack = find("apt-get"), find("dpkg-deb")
    check_keys()
    say(f"downloading Debian's kernel ({RELEASE})")
    options = _apart(folder, await sources(folder))
    await told([apt, *options, "update"], folder)
    await told([apt, *options, "download", KERNEL, *others], folder)
    (meta,) = folder.glob(f"{KERNEL}_*.deb")
    depends = await told([unpack, "--field", str(meta), "Depends"], folder)
    # `linux-image-6.1.0-50-cloud-amd64 (= 6.1.180-1)`
    kernel = depends.split(maxsplit=1)[0].rstrip(",")
    await told([apt, *options, "download", kernel], folder)
    root = folder / "root"
    for package in (kernel, *others):
        (file,) = folder.glob(f"{package}_*.deb")
        await told([unpack, "--extract", str(file), str(root)], folder)
    return root


async def system(
    folder: Path, file: Path, arguments: Sequence[str], say: Callable[[str], None]
) -> None:
    """Write a whole Debian as a file system of type ext2.

    Args:
        folder: For what is only needed meanwhile.
        file: What is written.
        arguments: What else mmdebstrap is to do.
        say: Is told each of its steps.

    Raises:
        HostError: A right, a program or the archive is missing.
    """
    program = find("mmdebstrap")
    find("genext2fs")
    check_keys()
    (folder / "sources.list").write_text(await sources(folder))
    command = [program, "--format=ext2", f"--architectures={ARCHITECTURE}", *arguments]
    command += [RELEASE, str(file), str(folder / "sources.list")]
    # It signals its group of processes, which without a session of its own would be ours.
    session, environment, end = find("setsid"), {}, signal.SIGTERM
    if os.geteuid() == 0:
        # Whatever becomes of us: no process of it is left, no mount, and no file elsewhere.
        lonely = ("--mount", "--pid", "--mount-proc", "--fork", "--kill-child")
        command = [find("unshare"), *lonely, "--", session, *command]
        environment["TMPDIR"] = str(folder)
        end = signal.SIGKILL
    else:
        check_ranges()
        # Its files are of users that only it can be: it has to remove them, however we end.
        command = [session, "/bin/sh", "-c", _TOGETHER, "sh", *command, "--mode=unshare"]
    hear = partial(_step, say=say)
    await told(command, folder, environment, hear, end, name="mmdebstrap")


def check_keys() -> None:
    """Raise a `HostError` if the keys of Debian's archive are not here."""
    if not KEYRING.exists():
        hint = "apt-get install debian-archive-keyring"
        raise HostError(f"the keys of Debian's archive are not in {KEYRING}", hint)


def check_ranges() -> None:
    """Raise a `HostError` if this user cannot be the users that own a system's files."""
    find("newuidmap")
    uid = os.getuid()
    names = {str(uid)}
    with suppress(KeyError):
        names.add(pwd.getpwuid(uid).pw_name)
    for file in _RANGES:
        lines = file.read_text().splitlines() if file.exists() else []
        if not any(line.partition(":")[0] in names for line in lines):
            ranges = "--add-subuids 300000-365535 --add-subgids 300000-365535"
            hint = f"run as root; or sudo usermod {ranges} {max(names)}, if these are nobody's"
            raise HostError(f"without root, it takes a range of your own in {file}", hint)


async def told(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    hear: Callable[[str], None] | None = None,
    end: signal.Signals = signal.SIGKILL,
    *,
    name: str = "",
) -> str:
    """Run a program in a folder to its end; return its output. It ends with us.

    Args:
        command: Path and arguments.
        folder: Where it works.
        environment: What is added to ours.
        hear: Is told each line of its complaints.
        end: What ends it before its time.
        name: What it is called if it fails; nothing for what its path says.

    Raises:
        HostError: It failed.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "PATH": search_path(), "LC_ALL": "C", **(environment or {})},
        preexec_fn=lambda: end_with_parent(end),
        limit=_LINE_BYTES_MAX,
    )
    assert process.stdout, "it was piped"
    assert process.stderr, "it was piped"
    last: list[str] = []
    output = asyncio.ensure_future(process.stdout.read())
    try:
        while line := await _line(process.stderr):
            text = line.decode(errors="replace").strip()
            last = [*last, text][-_LINES_KEPT:] if text else last
            if hear is not None:
                hear(text)
        out = await output
        status = await process.wait()
    except BaseException:
        output.cancel()
        await _end(process, end)
        raise
    if status != 0:
        # Debian's tools mark what went wrong so, and put their things in order after it.
        errors = [line for line in last if line.startswith("E: ")] or last[-1:]
        program, reason = name or Path(command[0]).name, " / ".join(errors) or "it gave no reason"
        message = f"`{program}` failed ({status}): {reason}"
        raise HostError(message, "is Debian's archive within reach, and is there room on the disk?")
    return out.decode(errors="replace").strip()


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:  # longer than any that says something
        return b"\n"


async def _end(process: asyncio.subprocess.Process, end: signal.Signals) -> None:
    """End a program and what it started; it may put its things in order first."""
    with suppress(ProcessLookupError):
        process.send_signal(end)
    try:
        async with asyncio.timeout(END_S):
            await process.wait()
            # Its children have these pipes, too.
            for pipe in (process.stdout, process.stderr):
                while pipe is not None and await pipe.read(_LINE_BYTES_MAX):
                    pass
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _apart(folder: Path, listed: str) -> list[str]:
    """Return apt's options for a folder of its own, and set it up."""
    (folder / "sources.list").write_text(listed)
    (folder / "status").touch()
    for name in ("lists", "cache"):
        (folder / name / "partial").mkdir(parents=True)
    settings = {
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State": folder,
        "Dir::State::Lists": folder / "lists",
        "Dir::State::Status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Architecture": ARCHITECTURE,
        "APT::Architectures": ARCHITECTURE,
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    return ["--quiet", *(f"--option={name}={value}" for name, value in settings.items())]


def _step(line: str, say: Callable[[str], None]) -> None:
    """Pass on what mmdebstrap says of its steps, and not of apt's progress or of its signals."""
    if line.startswith("I: ") and line.endswith("...") and not line.startswith("I: main()"):
        say(line.removeprefix("I: "))
