"""The process inside the namespaces of a live lab; started by `_live.py`, never by hand.

`unshare` starts this module as the first process that sees the new namespaces.
It forks at once: the child is process 1 of the process namespace and does all
the work, the parent only forwards signals and passes the exit status on. When
either dies, by whatever signal, the kernel kills every process of the
namespace, and the network namespace with its devices goes with the last one.
"""

import ctypes
import errno
import json
import os
import signal
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from netsonde._core import Lab
from netsonde.lab._netns import configure, name_hosts, open_tun
from netsonde.lab._nodes import make_nodes
from netsonde.model import NetsondeError

#: What a caller may send us on behalf of the command; SIGCHLD is ours.
FORWARDED = {
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCONT,
}
_PR_SET_PDEATHSIG = 1
#: `si_code` of signals that the kernel itself sends, such as Ctrl-C of the
#: terminal: these reach the command too, since it is in the same process group.
_SI_KERNEL = 0x80


def main(arguments: list[str]) -> int:
    """Read the plan from the descriptor named by the only argument, and run it."""
    plan = _read_plan(int(arguments[0]))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *FORWARDED})
    alive_read, alive_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(alive_write)
        _die_with_parent()
        os._exit(_serve_and_run(plan, alive_read))
    os.close(alive_read)
    os.write(alive_write, b"+")
    return _wait(child)


def _read_plan(descriptor: int) -> dict[str, Any]:
    with os.fdopen(descriptor, "rb") as file:
        file.seek(0)
        plan = json.load(file)
    assert isinstance(plan, dict), "the plan is written by `_live.py`"
    return plan


def _serve_and_run(plan: dict[str, Any], alive: int) -> int:
    """Be process 1: set the namespace up, serve the lab, run the command, reap."""
    if not os.read(alive, 1):
        return 1  # the parent died before its death could be signalled to us
    try:
        devices = {item["name"]: open_tun(item["device"]) for item in plan["attachments"]}
        configure(plan["attachments"])
        name_hosts(plan["hosts"])
        lab = _load(plan)
    except NetsondeError as error:
        print(f"error: {error.message}\nhint: {error.hint}", file=sys.stderr, flush=True)
        return error.exit_status
    start_read, start_write = os.pipe()
    command = os.fork()
    if command == 0:
        os.close(start_write)
        _become(plan["command"], start_read, plan["path"], devices.values())
    stop_read, stop_write = os.pipe()
    failures: list[BaseException] = []
    server = threading.Thread(target=_serve, args=(lab, devices, stop_read, failures))
    server.start()
    os.write(start_write, b"+")
    os.close(start_write)
    status = _wait(command)
    os.write(stop_write, b"+")
    server.join()
    if failures:
        print(f"error: the lab stopped: {failures[0]}", file=sys.stderr, flush=True)
        return 1
    if not plan["quiet"]:
        print(f"lab: {plan['title']}, digest {lab.digest()}", file=sys.stderr, flush=True)
    return status


def _load(plan: dict[str, Any]) -> Lab:
    return Lab(json.dumps(plan["topology"]).encode(), make_nodes(plan["nodes"]))


def _serve(lab: Lab, devices: Mapping[str, int], stop: int, failures: list[BaseException]) -> None:
    try:
        lab.serve(dict(devices), stop)
    except BaseException as error:  # a thread has nobody else to tell
        failures.append(error)


def _become(
    command: list[str], start: int, search_path: str, descriptors: Iterable[int]
) -> NoReturn:
    """Wait for the lab to be up, then turn into the command."""
    os.read(start, 1)
    os.close(start)
    for descriptor in descriptors:
        os.close(descriptor)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD, *FORWARDED})
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and that is inherited
    os.environ["PATH"] = search_path
    try:
        os.execvp(command[0], command)  # noqa: S606 - running the user's command is the purpose
    except OSError as error:
        print(f"error: cannot run {command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127 if error.errno == errno.ENOENT else 126)


def _wait(child: int) -> int:
    """Forward signals to `child` and reap until it ends; return its status as a shell would."""
    while True:
        information = signal.sigwaitinfo({signal.SIGCHLD, *FORWARDED})
        if information.si_signo != signal.SIGCHLD:
            if information.si_code != _SI_KERNEL:
                os.kill(child, information.si_signo)
            continue
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    # The working directory of the caller is first on the path with `-m`: Python nodes live there.
    sys.path.insert(0, str(Path.cwd()))
    sys.exit(main(sys.argv[1:]))
