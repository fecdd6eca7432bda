"""The other end of a card: the live lab with a stamp on the first frame, or a mirror that answers.

All stamps are nanoseconds of the monotonic clock. Those of arrivals are the kernel's own, taken
when the frame was sent to us, not when this program noticed.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from netsonde.runtime import LabNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsonde._core import Lab as Engine
    from netsonde.lab import Lab

#: The address of the mirror's card.
_MAC = bytes.fromhex("026e73000001")
_SO_TIMESTAMPNS = 35
_FRAME_BYTES_MAX = 65_535
_ARP, _IP4, _IP6 = 0x0806, 0x0800, 0x86DD
_ICMP, _ECHO = 1, 8
_ETHERNET_BYTES = 14


class Echo(NamedTuple):
    """One echo request at the mirror."""

    arrived_ns: int
    left_ns: int


class Seen:
    """What the other end of a card saw."""

    def __init__(self) -> None:
        self.first_ns: int | None = None
        self.echoes: list[Echo] = []

    @property
    def last_ns(self) -> int:
        """When the last echo request came; 0 if none did."""
        return self.echoes[-1].arrived_ns if self.echoes else 0


class StampedLab(LabNetwork):
    """A live lab that notes when the first frame came.

    What a guest's kernel sends of itself when its card comes up (IPv6 discovery) is no frame of
    the image and is dropped until the image's first one.
    """

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.seen = Seen()

    @contextmanager
    def serve(self, engine: Engine, descriptor: int, *, frames: bool) -> Iterator[None]:
        """Serve the lab on the other end of a card, from its first frame on."""
        self.seen = seen = Seen()
        stop_read, stop_write = os.pipe()
        with ExitStack() as held, _socket(descriptor) as end:
            held.callback(os.close, stop_read)

            def wait() -> None:
                if _is_first(end, stop_read, seen, frames=frames):
                    held.enter_context(
                        super(StampedLab, self).serve(engine, descriptor, frames=frames)
                    )

            thread = threading.Thread(target=wait, name="netsonde-first-frame")
            thread.start()
            try:
                yield
            finally:
                os.close(stop_write)
                thread.join()


class Mirror:
    """Answers the echo requests and address questions of many cards, from one thread."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._poll = select.epoll()
        self._cards: dict[int, tuple[socket.socket, Seen, bool]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._answer_all, name="netsonde-mirror")

    def __enter__(self) -> Mirror:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._poll.close()

    def network(self) -> MirrorNetwork:
        """Return a network for one card."""
        return MirrorNetwork(self._lab, self)

    @contextmanager
    def answering(self, descriptor: int, *, frames: bool) -> Iterator[Seen]:
        """Answer on a descriptor, as long as the context lasts."""
        end, seen = _socket(descriptor), Seen()
        self._cards[end.fileno()] = (end, seen, frames)
        self._poll.register(end.fileno(), select.EPOLLIN)
        try:
            yield seen
        finally:
            self._poll.unregister(end.fileno())
            del self._cards[end.fileno()]
            end.close()

    def _answer_all(self) -> None:
        while not self._stop.is_set():
            for descriptor, _ in self._poll.poll(0.05):
                # The card may have gone since.
                if (card := self._cards.get(descriptor)) is not None:
                    with suppress(OSError):
                        _answer(*card)


class MirrorNetwork(LabNetwork):
    """A network of one card and the mirror."""

    def __init__(self, lab: Lab, mirror: Mirror) -> None:
        super().__init__(lab)
        self._mirror = mirror
        self.seen = Seen()

    @contextmanager
    def serve(self, engine: Engine, descriptor: int, *, frames: bool) -> Iterator[None]:
        """Let the mirror answer on the other end of a card."""
        del engine
        with self._mirror.answering(descriptor, frames=frames) as self.seen:
            yield


def _socket(descriptor: int) -> socket.socket:
    """Return a descriptor of the same socket, which stamps what comes."""
    end = socket.socket(fileno=os.dup(descriptor))
    end.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    return end


def _is_first(end: socket.socket, stop: int, seen: Seen, *, frames: bool) -> bool:
    """Wait for the image's first frame and leave it where it is; False if told to stop."""
    while True:
        ready, _, _ = select.select([end.fileno(), stop], [], [])
        if stop in ready:
            return False
        try:
            data, arrived_ns = _receive(end, socket.MSG_PEEK)
            if not frames or _is_ours(data):
                seen.first_ns = arrived_ns
                return True
            end.recv(_FRAME_BYTES_MAX, socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        except OSError:
            return False


def _is_ours(frame: bytes) -> bool:
    """Return whether a frame may be the image's: no discovery of a kernel, nothing of ours."""
    kind = int.from_bytes(frame[12:14])
    return kind in (_ARP, _IP4) and frame[6:12] != _MAC


def _receive(end: socket.socket, flags: int = 0) -> tuple[bytes, int]:
    """Return what came, and when."""
    room = socket.CMSG_SPACE(16)
    data, told, _, _ = end.recvmsg(_FRAME_BYTES_MAX, room, flags | socket.MSG_DONTWAIT)
    now_ns = time.monotonic_ns()
    for level, kind, value in told:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, rest = struct.unpack("qq", value[:16])
            # The kernel's stamp is on the wall clock.
            now_ns -= time.time_ns() - (seconds * 1_000_000_000 + rest)
    return data, now_ns


def _answer(end: socket.socket, seen: Seen, frames: bool) -> None:
    """Answer one frame, if it asks for it."""
    data, arrived_ns = _receive(end)
    answer = reply(data) if frames else reply_to_packet(data)
    if frames and not _is_ours(data):
        return
    if seen.first_ns is None:
        seen.first_ns = arrived_ns
    if answer is None:
        return
    is_echo = not frames or answer[12:14] == _IP4.to_bytes(2)
    if is_echo:
        # Before it is sent: a run may be over, and counted, when the last one has come.
        seen.echoes.append(Echo(arrived_ns, time.monotonic_ns()))
    end.send(answer)


def reply(frame: bytes) -> bytes | None:
    """Return the answer to a frame: to questions for addresses, and to echo requests."""
    if len(frame) < _ETHERNET_BYTES:
        return None
    kind, sender, rest = int.from_bytes(frame[12:14]), frame[6:12], frame[_ETHERNET_BYTES:]
    if kind == _ARP and rest[:8] == bytes.fromhex("0001080006040001") and len(rest) >= 28:
        told = rest[:6] + b"\x00\x02" + _MAC + rest[24:28] + rest[8:18]
        return sender + _MAC + frame[12:14] + told
    packet = reply_to_packet(rest) if kind == _IP4 else None
    return None if packet is None else sender + _MAC + frame[12:14] + packet


def reply_to_packet(packet: bytes) -> bytes | None:
    """Return the echo reply to an echo request over IPv4; None for anything else."""
    if len(packet) < 28 or packet[0] != 0x45 or packet[9] != _ICMP or packet[20] != _ECHO:
        return None
    whole = bytearray(packet[: int.from_bytes(packet[2:4])])
    whole[12:16], whole[16:20] = packet[16:20], packet[12:16]
    whole[20] = 0
    # The sum changes by the type alone (RFC 1624); the header's does not by two addresses swapped.
    total = int.from_bytes(whole[22:24]) + (_ECHO << 8)
    whole[22:24] = ((total & 0xFFFF) + (total >> 16)).to_bytes(2)
    return bytes(whole)
