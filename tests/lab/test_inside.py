"""Process 1 of the namespace: forwards signals, reaps, passes statuses on.

Each test runs the waiting in a process of its own, since it takes over signals.
"""

import os
import signal
import subprocess
import sys

import pytest

#: Starts argv[1:] as the inside does, prints its process number, and waits for it.
WAITER = """
import ctypes, os, signal, sys
from netsonde.lab import _inside
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # adopt orphans, as process 1 does
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *_inside.FORWARDED})
start, go = os.pipe()
child = os.fork()
if child == 0:
    os.close(go)
    _inside._become(sys.argv[1:], start, os.environ["PATH"], [])
os.write(go, b"+")
print(child, flush=True)
sys.exit(_inside._wait(child))
"""


def waiter(*command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WAITER, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["true"], 0),
        (["sh", "-c", "exit 7"], 7),
        (["sh", "-c", "kill -TERM $$"], 128 + signal.SIGTERM),
        (["no-such-program"], 127),
        (["/etc/passwd"], 126),
    ],
)
def test_the_status_is_the_command_s(command: list[str], status: int) -> None:
    with waiter(*command) as process:
        process.communicate(timeout=20)
        assert process.returncode == status


def test_orphans_do_not_end_the_wait() -> None:
    with waiter("sh", "-c", "(sleep 0.1 &) ; sleep 0.3; exit 5") as process:
        process.communicate(timeout=20)
        assert process.returncode == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_reach_the_command(number: signal.Signals) -> None:
    script = (
        f"import signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [{number}]);"
        f"print('ready', flush=True); signal.sigwait([{number}]); sys.exit(9)"
    )
    with waiter(sys.executable, "-c", script) as process:
        assert process.stdout is not None
        lines = {process.stdout.readline().strip() for _ in range(2)}
        assert "ready" in lines
        os.kill(process.pid, number)
        process.communicate(timeout=20)
        assert process.returncode == 9


def test_the_command_starts_with_default_signals() -> None:
    script = "import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, []), flush=True)"
    with waiter(sys.executable, "-c", script) as process:
        stdout, _ = process.communicate(timeout=20)
        assert "set()" in stdout
