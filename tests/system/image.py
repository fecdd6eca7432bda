"""The image as a process and as a machine, on a datagram socket that answers every echo request."""

import ctypes
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from netsonde import _core

#: As docs/reference/image.md gives it.
QEMU = [
    "qemu-system-x86_64",
    *("-M", "microvm,acpi=off,x-option-roms=off,pit=off,pic=off,rtc=off,isa-serial=on"),
    *("-nodefaults", "-no-user-config", "-nographic", "-no-reboot", "-sandbox", "on"),
    *("-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-m", "16M", "-serial", "stdio"),
]
PC = [
    "qemu-system-x86_64",
    *("-M", "q35", "-nodefaults", "-no-user-config", "-nographic", "-no-reboot"),
    *("-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-m", "32M", "-serial", "stdio"),
]
ADDRESSES = "ip=5.1.0.2/30 gw=5.1.0.1 ip6=2001:db8::2/64 gw6=2001:db8::1"
_GATEWAY = bytes.fromhex("020000000009")
_WAIT_S = 60


def elf(folder: Path) -> Path:
    """Write the image to a file and return it; where none was built, there is nothing to test.

    `tests/mutants.py` has images of its own to test.
    """
    other = os.environ.get("NETSONDE_TEST_IMAGE")
    image = Path(other).read_bytes() if other else _core.image()
    if not image:
        pytest.skip("this build carries no image: x86-64 Linux and `make build` have one")
    path = folder / "netsonde.elf"
    path.write_bytes(image)
    path.chmod(0o755)
    return path


def job(kind: str = "ping", target: str = "9.9.9.9", **fields: object) -> bytes:
    """Return a job with one target as JSON."""
    source = "::" if ":" in target else "0.0.0.0"
    whole = {
        "schema": 1,
        "id": "00000000-0000-7000-8000-000000000000",
        "kind": kind,
        "targets": [{"address": target, "source": source}],
        "ping": {"count": 3, "timeout_ms": 5000, "interval_ms": 20},
        "rate_pps": 100,
        "in_flight_max": 9,
        "seed": 1,
        "key": "00" * 16,
    }
    return json.dumps(whole | fields).encode()


def events(output: bytes) -> list[dict[str, Any]]:
    """Return the events of an output; firmware may have written other lines."""
    lines = output.decode().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


@contextmanager
def process(
    path: Path, words: str, answer: Callable[[bytes], bytes | None] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the image as a process; what it sends goes through `answer` and back."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        started = subprocess.Popen(
            [path, f"fd={theirs.fileno()}", *words.split()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(theirs.fileno(),),
        )
        try:
            with answering(lambda: ours.recv(1 << 16), ours.send, answer):
                yield started
        finally:
            started.kill()
            started.communicate()
            ours.shutdown(socket.SHUT_RDWR)


def machine(
    folder: Path, path: Path, words: str, module: bytes | None, *, base: list[str] | None = None
) -> tuple[list[dict[str, Any]], int]:
    """Run the image as a machine whose link answers echo requests; return its events and status."""
    with booted(folder, path, words, module, base=base) as started:
        output, _ = started.communicate(timeout=_WAIT_S)
    return events(output), started.returncode


@contextmanager
def booted(
    folder: Path,
    path: Path,
    words: str,
    module: bytes | None,
    *,
    base: list[str] | None = None,
    answer: Callable[[bytes], bytes | None] | None = None,
    stdout: int = subprocess.PIPE,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the image as a machine; what it sends goes through `answer` and back."""
    if shutil.which(QEMU[0]) is None:
        pytest.skip("needs qemu-system-x86")
    near, far = folder / "near", folder / "far"
    command = [*(base or QEMU), "-kernel", str(path), "-append", words]
    if module is not None:
        (folder / "job").write_bytes(module)
        command += ["-initrd", str(folder / "job")]
    card = f"local.type=unix,local.path={far},remote.type=unix,remote.path={near}"
    # Without its option ROM, which would try to boot from the network first.
    device = "virtio-net-pci,romfile=" if "q35" in command else "virtio-net-device"
    command += ["-netdev", f"dgram,id=n,{card}", "-device", f"{device},netdev=n"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(str(near))

        def send(frame: bytes) -> None:
            ours.sendto(frame, str(far))

        with answering(lambda: ours.recv(1 << 16), send, answer or on_ethernet):
            started = subprocess.Popen(command, bufsize=0, stdin=subprocess.PIPE, stdout=stdout)
            try:
                yield started
            finally:
                started.kill()
                started.communicate()
    for left in (near, far):
        left.unlink(missing_ok=True)


@contextmanager
def answering(
    receive: Callable[[], bytes],
    send: Callable[[bytes], Any],
    answer: Callable[[bytes], bytes | None] | None,
) -> Iterator[None]:
    """Answer what comes, in the background; an end of the socket ends it."""

    def work() -> None:
        while True:
            try:
                frame = receive()
                reply = answer(frame) if frame and answer else None
                if reply is not None:
                    send(reply)
            except OSError:
                return
            if not frame:
                return

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield


def echo(packet: bytes) -> bytes | None:
    """Return the echo reply to an echo request, as a whole IP packet."""
    reply = bytearray(packet)
    if packet[0] >> 4 == 4:
        reply[12:16], reply[16:20] = packet[16:20], packet[12:16]
        start, request, response = 20, 8, 0
    else:
        reply[8:24], reply[24:40] = packet[24:40], packet[8:24]
        start, request, response = 40, 128, 129
    if packet[start] != request:
        return None
    reply[start] = response
    total = int.from_bytes(packet[start + 2 : start + 4]) + ((request - response) << 8)
    if total < 0:
        total += 0xFFFF
    total = (total & 0xFFFF) + (total >> 16)
    reply[start + 2 : start + 4] = total.to_bytes(2)
    return bytes(reply)


def on_ethernet(frame: bytes) -> bytes | None:
    """Answer for the gateway: ARP, Neighbour Discovery, echo requests."""
    kind, payload = frame[12:14], frame[14:]
    ours = frame[6:12] + _GATEWAY + kind
    if kind == b"\x08\x06":
        target, asker = payload[24:28], payload[8:18]
        return ours + payload[:6] + b"\0\2" + _GATEWAY + target + asker
    if kind == b"\x86\xdd" and payload[6] == 58 and payload[40] == 135:
        return ours + _advertisement(payload)
    reply = echo(payload) if kind in (b"\x08\x00", b"\x86\xdd") else None
    return None if reply is None else ours + reply


def _advertisement(solicitation: bytes) -> bytes:
    source, target = solicitation[8:24], solicitation[48:64]
    body = bytes([136, 0, 0, 0, 0xE0, 0, 0, 0]) + target + bytes([2, 1]) + _GATEWAY
    pseudo = target + source + len(body).to_bytes(4) + bytes([0, 0, 0, 58])
    total = sum(
        int.from_bytes((pseudo + body)[at : at + 2]) for at in range(0, len(pseudo + body), 2)
    )
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    body = body[:2] + (0xFFFF - total).to_bytes(2) + body[4:]
    return solicitation[:4] + len(body).to_bytes(2) + bytes([58, 255]) + target + source + body


_NAMES = (
    "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss"
    " fs_base gs_base ds es fs gs"
)


class _Registers(ctypes.Structure):
    """`struct user_regs_struct` of x86-64."""

    _fields_ = [(name, ctypes.c_ulonglong) for name in _NAMES.split()]


def make_call(pid: int, number: int, instruction: bytes) -> int:
    """Let a stopped process make a system call by an instruction; return the signal that ends it.

    0 if none does: it is left stopped, after the call.
    """
    attach, cont, step, read, write, poke = 16, 7, 9, 12, 13, 5
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    registers = _Registers()
    assert libc.ptrace(attach, pid, None, None) == 0, os.strerror(ctypes.get_errno())
    os.waitpid(pid, 0)
    libc.ptrace(read, pid, None, ctypes.addressof(registers))
    # It waits in a call, which must not be made again.
    registers.rax, registers.orig_rax = number, 2**64 - 1
    word = int.from_bytes(instruction.ljust(8, b"\x90"), "little")
    assert libc.ptrace(poke, pid, registers.rip, word) == 0
    libc.ptrace(write, pid, None, ctypes.addressof(registers))
    libc.ptrace(step, pid, None, None)
    _, status = os.waitpid(pid, 0)
    if os.WIFSTOPPED(status):
        libc.ptrace(cont, pid, None, os.WSTOPSIG(status) if os.WSTOPSIG(status) != 5 else None)
        return 0
    return os.WTERMSIG(status)
