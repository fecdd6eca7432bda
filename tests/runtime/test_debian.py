"""Debian's tools: told where to work, heard, and ended with us."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from netsonde.model import HostError
from netsonde.runtime import _debian, _programs
from netsonde.runtime._debian import (
    KEYRING,
    MIRROR,
    RELEASE,
    check_keys,
    check_ranges,
    sources,
    system,
    told,
)
from tests.system.killed import gone

_LISTED = """\
http://near.example/debian trixie
http://near.example/debian trixie-backports
http://near.example/debian-security/ trixie-security
http://other.example/debian bookworm
"""


def test_packages_come_from_the_host_s_archive(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def lists(command: Sequence[str], folder: Path) -> str:
        assert (command[1], folder) == ("indextargets", tmp_path)
        return _LISTED

    monkeypatch.setattr(_debian, "told", lists)
    lines = asyncio.run(sources(tmp_path)).splitlines()
    signed = f"deb [arch=amd64 signed-by={KEYRING}]"
    assert lines == [
        f"{signed} http://other.example/debian {RELEASE} main",
        f"{signed} http://near.example/debian-security/ {RELEASE}-security main",
    ]


def test_a_mirror_may_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(MIRROR, "http://mirror.example/debian/")
    lines = asyncio.run(sources(tmp_path)).splitlines()
    assert len(lines) == 3
    assert all(f"signed-by={KEYRING}] http://mirror.example/debian" in line for line in lines)
    assert lines[1].endswith(f"/debian-security {RELEASE}-security main")


def test_a_host_without_an_archive_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def nothing(command: Sequence[str], folder: Path) -> str:
        return ""

    monkeypatch.setattr(_debian, "told", nothing)
    with pytest.raises(HostError, match="no archive of Debian") as caught:
        asyncio.run(sources(tmp_path))
    assert MIRROR in caught.value.hint


def test_missing_keys_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_debian, "KEYRING", tmp_path / "none.gpg")
    with pytest.raises(HostError, match=r"none\.gpg") as caught:
        check_keys()
    assert caught.value.hint == "apt-get install debian-archive-keyring"


def test_a_program_is_heard_and_its_failure_told(tmp_path: Path) -> None:
    heard: list[str] = []
    script = 'echo out; printf "I: one...\\n\\n%70000d\\n" 1 >&2; pwd'
    out = asyncio.run(told(["/bin/sh", "-c", script], tmp_path, hear=heard.append))
    assert out == f"out\n{tmp_path}"
    assert heard[:2] == ["I: one...", ""]
    with pytest.raises(HostError, match=r"`sh` failed \(3\): E: no such package") as caught:
        asyncio.run(told(["/bin/sh", "-c", "echo 'E: no such package' >&2; exit 3"], tmp_path))
    assert "within reach" in caught.value.hint


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_who_is_interrupted_leaves_no_program(tmp_path: Path, end: signal.Signals) -> None:
    script = "import os, sys, time; sys.stderr.write(f'{os.getpid()}\\n'); time.sleep(99)"
    heard: list[int] = []

    async def interrupted() -> None:
        def hear(line: str) -> None:
            heard.append(int(line))
            begun.set()

        begun = asyncio.Event()
        command = [sys.executable, "-c", script]
        task = asyncio.ensure_future(told(command, tmp_path, hear=hear, end=end))
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(interrupted())
    assert gone(lambda: Path(f"/proc/{heard[0]}").exists())


@pytest.mark.parametrize("has", [(), ("subuid",), ("subuid", "subgid")], ids="+".join)
def test_without_root_ranges_are_needed(
    has: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_debian, "find", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "getuid", lambda: 1_234_567)
    monkeypatch.setattr(_debian, "_RANGES", (tmp_path / "subuid", tmp_path / "subgid"))
    (tmp_path / "subgid").write_text("somebody:100000:65536\n")
    for name in has:
        (tmp_path / name).write_text("somebody:100000:65536\n1234567:200000:65536\n")
    if len(has) == 2:
        check_ranges()
        return
    missing = "subgid" if has else "subuid"
    with pytest.raises(HostError, match=f"range of your own in .*/{missing}") as caught:
        check_ranges()
    assert caught.value.hint.startswith("run as root; or sudo usermod --add-subuids ")
    assert " 1234567, " in caught.value.hint


def test_without_root_the_program_that_maps_users_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_programs, "search_path", lambda: str(tmp_path))
    with pytest.raises(HostError, match="no program `newuidmap`") as caught:
        check_ranges()
    assert caught.value.hint == "apt-get install uidmap"


#: Ignores the end, starts a program that does not, and puts its things in order when that is gone.
_BUILDER = """
trap : TERM HUP PIPE
sh -c 'echo I: $$ >&2; sleep 99'
echo tidy >&2
kill -HUP 0
touch "$0"
"""


@pytest.mark.parametrize("ended", ["interrupted", "killed"])
def test_without_root_all_of_the_builder_ends_and_it_tidies_up(ended: str, tmp_path: Path) -> None:
    script = """
import asyncio, signal, sys
from pathlib import Path
from netsonde.runtime._debian import _TOGETHER, told
command = ["/usr/bin/setsid", "/bin/sh", "-c", _TOGETHER, "sh", *sys.argv[1:]]
asyncio.run(told(command, Path("/"), hear=lambda line: print(line, flush=True), end=signal.SIGTERM))
"""
    tidy = tmp_path / "tidy"
    program = subprocess.Popen(
        [sys.executable, "-c", script, "/bin/sh", "-c", _BUILDER, str(tidy)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert program.stdout
    below = int(program.stdout.readline().removeprefix("I: "))
    program.send_signal(signal.SIGINT if ended == "interrupted" else signal.SIGKILL)
    program.communicate(timeout=60)
    assert gone(lambda: Path(f"/proc/{below}").exists())
    assert gone(lambda: not tidy.exists())


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the commands that would have been run, each as one line, with how they would be."""
    noted: list[str] = []

    async def note(command: list[str], *rest: object, name: str = "") -> str:
        noted.append(" ".join([*command, str(rest[1]), repr(rest[3]), name]))
        return ""

    monkeypatch.setenv(MIRROR, "http://mirror.example/debian")
    monkeypatch.setattr(_debian, "find", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(_debian, "told", note)
    return noted


def test_root_s_builder_is_alone(
    commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    asyncio.run(system(tmp_path, tmp_path / "disk", ["--variant=x"], print))
    (line,) = commands
    assert line.startswith("/usr/bin/unshare --mount --pid --mount-proc --fork --kill-child -- ")
    assert "-- /usr/bin/setsid /usr/bin/mmdebstrap" in line
    assert "--variant=x bookworm" in line
    assert str({"TMPDIR": str(tmp_path)}) in line
    assert "SIGKILL" in line
    assert line.endswith(" mmdebstrap")


def test_another_s_builder_has_a_session_and_ends_by_itself(
    commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    monkeypatch.setattr(_debian, "check_ranges", lambda: None)
    asyncio.run(system(tmp_path, tmp_path / "disk", [], print))
    (line,) = commands
    assert line.startswith("/usr/bin/setsid /bin/sh -c ")
    assert " sh /usr/bin/mmdebstrap " in line
    assert "--mode=unshare {} " in line
    assert "SIGTERM" in line


def test_steps_are_told_and_other_words_are_not() -> None:
    said: list[str] = []
    for line in (
        "I: extracting archives...",
        "Get:1 http://mirror.example",
        "I: main() received signal HUP: waiting for setup...",
        "I: done",
    ):
        _debian._step(line, said.append)
    assert said == ["extracting archives..."]
