"""Runs of the command line that are ended at a chosen moment, and an inventory of what they left.

A moment is a line of ours: `sys.settrace` counts the lines of `netsonde.runtime`, `netsonde.image`
and `netsonde.bench` that a run executes, in all its threads, and at the one wanted the run is
ended, at once or a little later. Unlike a time, a line is the same moment on any machine.

Runs are the children of one warm process that adopts what they leave: whatever of a killed run
lives on, however often it forked, is its child and is found. It has mounts of its own, so that
what is mounted for a run and stays is found there too.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

#: Seconds in which the kernel, or an engine, has removed what was a run's.
GONE_S = 30.0

_WARM = """
import ctypes, json, os, signal, sys, threading, time
import netsonde.aio, netsonde.bench, netsonde.cli._main, netsonde.cli._measure, netsonde.lab
from netsonde.runtime import clean, clean_noted
import netsonde.runtime._vantage

ROOMS = ("/netsonde/runtime/", "/netsonde/image/", "/netsonde/bench/")

def run(asked, report):
    owner, seen, lock = os.getpid(), 0, threading.Lock()

    def line(frame, event, argument):
        nonlocal seen
        if event == "line" and os.getpid() == owner:
            with lock:
                seen += 1
                if seen == asked["line"]:
                    end(asked["signal"], asked["delay_s"])
        return line

    def call(frame, event, argument):
        return line if any(room in frame.f_code.co_filename for room in ROOMS) else None

    os.dup2(os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
    os.dup2(1, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if asked["threads"]:
        threading.settrace(call)
    code = compile(asked["instead"], "<instead>", "exec")
    sys.settrace(call)
    if asked["instead"]:
        exec(code, {})
        status = 0
    else:
        status = netsonde.cli._main.run(asked["words"])
    sys.settrace(None)
    os.write(report, str(seen).encode())
    os._exit(status)

def end(number, delay_s):
    if delay_s == 0:
        os.kill(os.getpid(), number)
    elif number == signal.SIGKILL:
        # Without a handler it ends the process as SIGKILL does.
        signal.setitimer(signal.ITIMER_REAL, delay_s)
    else:
        threading.Timer(delay_s, os.kill, (os.getpid(), number)).start()

def children():
    found = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat") as file:
                    state, parent = file.read().rpartition(")")[2].split()[:2]
                with open(f"/proc/{name}/cmdline") as file:
                    words = file.read().replace(chr(0), " ")
            except OSError:
                continue
            if state != "Z":
                found[int(name)] = (int(parent), words[:200])
    ours = {os.getpid()}
    while more := {pid for pid, (parent, _) in found.items() if parent in ours} - ours:
        ours |= more
    return {pid: found[pid][1] for pid in ours - {os.getpid()}}

def reaped(gone_s):
    until = time.monotonic() + gone_s
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        if not (left := children()) or time.monotonic() > until:
            return list(left.values())
        time.sleep(0.02)

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
print("ready", flush=True)
for text in sys.stdin:
    asked = json.loads(text)
    if asked["words"][:1] == ["clean"]:
        removed = clean_noted() if "noted" in asked["words"] else clean()
        told = [f"{made.engine} {made.name}".strip() for made in removed]
        print(json.dumps({"removed": told, "left": reaped(asked["gone_s"])}), flush=True)
        continue
    near, far = os.pipe()
    pid = os.fork()
    if pid == 0:
        run(asked, far)
    os.close(far)
    if asked["then"]:
        exec(asked["then"], {"pid": pid, "children": children})
    # Whatever ends is reaped, as init does: some wait until a process has quite gone.
    done, status = os.waitpid(-1, 0)
    while done != pid:
        done, status = os.waitpid(-1, 0)
    lines = os.read(near, 99) or b"0"
    os.close(near)
    found = {"pid": pid, "status": os.waitstatus_to_exitcode(status), "lines": int(lines)}
    print(json.dumps({**found, "left": reaped(asked["gone_s"])}), flush=True)
"""


def works(runtime: str) -> bool:
    """Return whether a runtime can run here: Docker's daemon is the machine's to start."""
    if runtime != "docker":
        return True
    if shutil.which("docker") is None:
        return False
    tried = subprocess.run(["docker", "info"], check=False, capture_output=True, timeout=60)
    return tried.returncode == 0


def gone(what: Callable[[], object]) -> bool:
    """Wait until a question has an empty answer; return whether it came."""
    waiting = threading.Event()
    for _ in range(int(GONE_S / 0.1)):
        if not what():
            return True
        waiting.wait(0.1)
    return False


class Ended(NamedTuple):
    """How a run ended.

    Attributes:
        pid: The number that it had.
        status: Its exit status, or the signal that ended it, negative.
        lines: Lines that it executed, if it came to its end.
        left: Processes that it left.
        output: What it printed.
    """

    pid: int
    status: int
    lines: int
    left: list[str]
    output: str


class Runs:
    """Starts runs and ends them.

    Args:
        folder: For what they write.
        space: The network namespace that plays this host; nothing for this host's own.
    """

    def __init__(self, folder: Path, space: str = "") -> None:
        self.folder, self._space = folder, space
        for name in ("tmp", "run", "home"):
            (folder / name).mkdir(exist_ok=True)
        homes = {f"XDG_{name}_HOME": str(folder / "home") for name in ("CONFIG", "DATA", "CACHE")}
        places = {"TMPDIR": str(folder / "tmp"), "XDG_RUNTIME_DIR": str(folder / "run")}
        within = ["nsenter", f"--net=/run/netns/{space}"] if space else []
        self._warm = subprocess.Popen(
            [*within, "unshare", "--mount", sys.executable, "-c", _WARM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **homes, **places},
        )
        assert self._warm.stdout
        assert self._warm.stdout.readline() == "ready\n"

    def close(self) -> None:
        """End the process that starts them."""
        self._warm.communicate(timeout=GONE_S)

    def ended(
        self,
        *words: str,
        line: int = 0,
        number: int = 0,
        delay_s: float = 0,
        then: str = "",
        instead: str = "",
        threads: bool = True,
        gone_s: float = GONE_S,
    ) -> Ended:
        """Run the command line, and end it.

        Args:
            words: Its arguments.
            line: The line at which a signal is sent; 0 for none.
            number: The signal.
            delay_s: How much later it is sent.
            then: Python to run meanwhile, with `pid` and `children` of the run.
            instead: Python that is the run, instead of the command line.
            threads: Whether lines of other threads than the first one count: Python 3.11 stands
                still if a signal that it handles comes while it traces another thread.
            gone_s: How long what it leaves has to go.
        """
        output = self.folder / "output"
        moment = {"line": line, "signal": number, "delay_s": delay_s, "threads": threads}
        moment["gone_s"] = gone_s
        told = self._ask(words=words, output=str(output), then=then, instead=instead, **moment)
        text = output.read_text(errors="replace")
        return Ended(told["pid"], told["status"], told["lines"], told["left"], text)

    def clean(self, *, engines: bool = True) -> list[str]:
        """Do what `netsonde runtime clean` does; return what it removed.

        Args:
            engines: Whether engines are asked for containers, which takes a second.
        """
        told = self._ask(words=["clean"] if engines else ["clean", "noted"])
        assert told["left"] == [], "processes of runs that are no more"
        removed: list[str] = told["removed"]
        return removed

    def leaves(self, before: dict[str, list[str]]) -> dict[str, list[str]]:
        """Return what is there now and was not before; the kernel has a moment to remove it."""
        # What others had and have no more, such as mounts that were copied, is none of ours.
        gone(lambda: self._more(before))
        return self._more(before)

    def _more(self, before: dict[str, list[str]]) -> dict[str, list[str]]:
        changes = {kind: set(now) - set(before[kind]) for kind, now in self.inventory().items()}
        return {kind: sorted(change) for kind, change in changes.items() if change}

    def inventory(self) -> dict[str, list[str]]:
        """Return what a run could have left, but for processes and containers."""
        pid = self._warm.pid
        lines = Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
        mounts = [line.split()[4] for line in lines]
        return {
            "links": self._shown("ip", "-o", "link", "show"),
            "addresses": self._shown("ip", "-o", "address", "show"),
            "rules": self._shown("nft", "list", "ruleset"),
            "routes": self._shown("ip", "route", "show", "table", "all"),
            # Podman binds its own folder to itself while anything is mounted there.
            "mounts": [mount for mount in mounts if not mount.endswith("/storage/overlay")],
            "descriptors": [path.name for path in Path(f"/proc/{pid}/fd").iterdir()],
            "temporary files": [path.name for path in (self.folder / "tmp").iterdir()],
        }

    def notes(self) -> list[Path]:
        """Return what runs wrote down of what they made."""
        return [path for path in (self.folder / "run").rglob("*") if path.is_file()]

    def _shown(self, *command: str) -> list[str]:
        within = ["nsenter", f"--target={self._warm.pid}", "--net"]
        done = subprocess.run([*within, *command], check=True, capture_output=True, text=True)
        return done.stdout.splitlines()

    def _ask(self, words: Sequence[str], **more: object) -> dict[str, Any]:
        asked = {"words": list(words), "gone_s": GONE_S} | more
        assert self._warm.stdin
        assert self._warm.stdout
        self._warm.stdin.write(json.dumps(asked) + "\n")
        self._warm.stdin.flush()
        told: dict[str, Any] = json.loads(self._warm.stdout.readline())
        return told
