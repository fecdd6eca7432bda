"""What a debugger sees and does of a machine, through QEMU's own stub."""

import re
import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_WAIT_S = 20
#: Octets of one answer of the stub, which has room for twice as many digits.
_READ_MAX = 1024


class Gdb:
    """A machine that stands still while this is open."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_WAIT_S)
        self._rest = b""
        self._socket.connect(str(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the machine run on."""
        # It may end before its answer is acknowledged.
        with suppress(BrokenPipeError, ConnectionResetError):
            if error is None:
                self._ask("D")
        self._socket.close()

    def registers(self) -> dict[str, int]:
        """Return registers by the names of QEMU's monitor: CR0, RSP, CPL; of tables the base."""
        text = self.monitor("info registers")
        found = re.findall(r"\b([A-Z]+[0-9A-Z]*) *= *([0-9a-f]+)(?: ([0-9a-f]{16}))?", text)
        return {name: int(base or value, 16) for name, value, base in found}

    def monitor(self, command: str) -> str:
        """Return what the monitor says to a command."""
        self._send(f"qRcmd,{command.encode().hex()}")
        text = ""
        while (reply := self._receive()) != "OK":
            # It may first say that the machine stopped.
            if reply.startswith("O"):
                text += bytes.fromhex(reply[1:]).decode()
        return text

    def read(self, address: int, count: int) -> bytes:
        """Return memory at an address as the processor sees it, whatever its rights are."""
        data = b""
        while len(data) < count:
            few = min(count - len(data), _READ_MAX)
            data += bytes.fromhex(self._ask(f"m{address + len(data):x},{few:x}"))
        return data

    def write(self, address: int, data: bytes) -> None:
        """Change memory, whatever the processor's rights are."""
        assert self._ask(f"M{address:x},{len(data):x}:{data.hex()}") == "OK"

    def _ask(self, packet: str) -> str:
        self._send(packet)
        return self._receive()

    def _send(self, packet: str) -> None:
        total = sum(packet.encode()) & 0xFF
        self._socket.sendall(f"${packet}#{total:02x}".encode())

    def _receive(self) -> str:
        while not (found := re.search(rb"\$([^#]*)#..", self._rest)):
            more = self._socket.recv(1 << 16)
            assert more, "the machine is gone"
            self._rest += more
        self._rest = self._rest[found.end() :]
        self._socket.sendall(b"+")
        return found[1].decode()
