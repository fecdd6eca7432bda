"""The lab behind a pair of sockets: packets, or frames with their neighbours; virtual time."""

import os
import select
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import pytest

from netsonde.model import HostError
from netsonde.runtime import LabNetwork
from tests.runtime.stand_in import lab

MAC = bytes.fromhex("020000000009")


def echo(source: str, destination: str) -> bytes:
    """Return an echo request, IPv4."""
    message = struct.pack("!BBHHH", 8, 0, 0, 7, 1)
    message = message[:2] + checksum(message) + message[4:]
    addresses = ip_address(source).packed + ip_address(destination).packed
    header = struct.pack("!BBHHHBBH", 0x45, 0, 28, 0, 0, 64, 1, 0) + addresses
    return header[:10] + checksum(header) + header[12:] + message


def checksum(data: bytes) -> bytes:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF)


def received(descriptor: int) -> bytes:
    ready, _, _ = select.select([descriptor], [], [], 20)
    assert ready, "nothing came"
    return os.read(descriptor, 2_000)


def test_packets_pass() -> None:
    with LabNetwork(lab()).plug(frames=False) as card:
        assert card.descriptor is not None
        assert not card.frames
        os.write(card.descriptor, echo(card.source(4) or "", "5.2.0.1"))
        reply = received(card.descriptor)
    assert reply[12:16] == ip_address("5.2.0.1").packed
    assert reply[20] == 0


def test_frames_pass_once_the_neighbour_is_known() -> None:
    with LabNetwork(lab()).plug(frames=True) as card:
        assert card.descriptor is not None
        near = ip_address(card.source(4) or "").packed
        router = ip_address(card.gateways[0]).packed
        asked = bytes.fromhex("0001080006040001") + MAC + near + bytes(6) + router
        os.write(card.descriptor, b"\xff" * 6 + MAC + b"\x08\x06" + asked)
        told = received(card.descriptor)
        assert told[:6] == MAC
        assert told[20:22] == b"\x00\x02"
        assert told[28:32] == router
        gateway = told[22:28]
        packet = echo(card.source(4) or "", "5.2.0.1")
        os.write(card.descriptor, gateway + MAC + b"\x08\x00" + packet)
        reply = received(card.descriptor)
    assert reply[:14] == MAC + gateway + b"\x08\x00"
    assert reply[34] == 0


def test_another_may_answer() -> None:
    class Echo(LabNetwork):
        @contextmanager
        def serve(self, engine: object, descriptor: int, *, frames: bool) -> Iterator[None]:
            os.write(descriptor, b"frames" if frames else b"packets")
            yield

    with Echo(lab()).plug(frames=True) as card:
        assert card.descriptor is not None
        assert received(card.descriptor) == b"frames"


def test_the_card_has_the_attachment_s_addresses() -> None:
    with LabNetwork(lab()).plug(frames=True) as card:
        assert card.addresses == ("5.1.0.1/30", "2a00:5:1::1/64")
        assert card.gateways == ("5.1.0.2", "2a00:5:1::2")


def test_a_lab_that_fails_says_so() -> None:
    with (
        pytest.raises(HostError, match="the lab stopped"),
        LabNetwork(lab()).serve(lab().engine(), 9_999, frames=False),
    ):
        pass


#: When an image wants its next turn that wants none.
_NEVER = 2**64 - 1


def answer(wake_ns: int, *, is_over: bool = False) -> bytes:
    """Return what ends a turn, on a card of packets."""
    return b"\x88\xb5A" + bytes([is_over]) + wake_ns.to_bytes(8)


def tick(descriptor: int) -> tuple[int, bool]:
    """Return the time that the lab says next, and whether that is a turn."""
    said = received(descriptor)
    assert said[:3] == b"\x88\xb5T"
    return int.from_bytes(said[4:12]), bool(said[3])


def test_virtual_time_jumps() -> None:
    """An hour takes no time, and a reply comes when the links' delays say."""
    hour_ns = 3_600_000_000_000
    with LabNetwork(lab(), virtual_time=True).plug(frames=False) as card:
        assert card.descriptor is not None
        assert "clock=card" in card.words()
        assert not select.select([card.descriptor], [], [], 0.05)[0], "the image speaks first"
        os.write(card.descriptor, answer(0))
        assert tick(card.descriptor) == (0, True)
        os.write(card.descriptor, answer(hour_ns))
        assert tick(card.descriptor) == (hour_ns, True)
        os.write(card.descriptor, echo(card.source(4) or "", "5.2.0.1"))
        os.write(card.descriptor, answer(_NEVER))
        at_ns, is_turn = tick(card.descriptor)
        assert not is_turn
        assert 0 < at_ns - hour_ns < 1_000_000_000
        assert received(card.descriptor)[12:16] == ip_address("5.2.0.1").packed
        assert tick(card.descriptor) == (at_ns, True)
        os.write(card.descriptor, answer(_NEVER, is_over=True))


def test_a_lab_that_goes_away_says_so() -> None:
    with LabNetwork(lab(), virtual_time=True).plug(frames=False) as card:
        assert card.descriptor is not None
        kept = os.dup(card.descriptor)
    assert received(kept)[:3] == b"\x88\xb5E"
    os.close(kept)


def _floods(descriptor: int) -> None:
    tick(descriptor)
    while not select.select([descriptor], [], [], 0)[0]:
        if select.select([], [descriptor], [], 0.01)[1]:
            os.write(descriptor, bytes(1_400))


def _stands_still(descriptor: int) -> None:
    for _ in range(4_096):
        tick(descriptor)
        os.write(descriptor, answer(0))


def _sleeps(descriptor: int) -> None:
    tick(descriptor)
    os.write(descriptor, answer(2**63))


def _gives_up(descriptor: int) -> None:
    tick(descriptor)
    os.write(descriptor, answer(_NEVER))


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (_floods, "sends without end"),
        (_stands_still, "lets no time pass"),
        (_sleeps, "waits for longer than there is time"),
        (_gives_up, "waits for what never comes"),
    ],
)
def test_no_image_holds_up_virtual_time(behave: Callable[[int], None], told: str) -> None:

    def run() -> None:
        with LabNetwork(lab(), virtual_time=True).plug(frames=False) as card:
            assert card.descriptor is not None
            os.write(card.descriptor, answer(0))
            behave(card.descriptor)
            # The lab says goodbye before it is asked to.
            while received(card.descriptor)[:3] != b"\x88\xb5E":
                pass

    with pytest.raises(HostError, match=told):
        run()


def test_an_image_that_is_gone_is_not_waited_for() -> None:
    with LabNetwork(lab(), virtual_time=True).plug(frames=True) as card:
        assert card.descriptor is not None
        began = time.monotonic()
    assert time.monotonic() - began < 5
