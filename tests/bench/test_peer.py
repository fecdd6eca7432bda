"""The other end of a card."""

import os
import select
import socket
import time
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.bench import Mirror
from netsonde.bench._peer import StampedLab, _receive, _socket, reply, reply_to_packet
from netsonde.lab import load
from tests.runtime.test_lab_network import checksum, echo

MAC = bytes.fromhex("026e73000002")
SOURCE = "5.1.0.1"


def received(descriptor: int) -> bytes:
    assert select.select([descriptor], [], [], 20)[0], "nothing came"
    return os.read(descriptor, 2_000)


def framed(packet: bytes) -> bytes:
    return bytes.fromhex("026e73000001") + MAC + b"\x08\x00" + packet


@given(st.binary(max_size=120))
def test_anything_may_come(data: bytes) -> None:
    for answer in (reply(data), reply_to_packet(data), reply(framed(data))):
        assert answer is None or len(answer) <= len(data) + 14 + 28


def test_an_echo_comes_back_with_a_right_sum() -> None:
    asked = echo(SOURCE, "5.2.0.1")
    answer = reply_to_packet(asked)
    assert answer is not None
    assert answer[12:20] == asked[16:20] + asked[12:16]
    assert answer[20] == 0
    assert checksum(answer[:20]) == b"\0\0"
    assert checksum(answer[20:]) == b"\0\0"


def test_the_router_tells_its_address() -> None:
    near, router = ip_address(SOURCE).packed, ip_address("5.1.0.2").packed
    asked = bytes.fromhex("0001080006040001") + MAC + near + bytes(6) + router
    answer = reply(b"\xff" * 6 + MAC + b"\x08\x06" + asked)
    assert answer is not None
    assert answer[:6] == MAC
    assert answer[20:22] == b"\x00\x02"
    assert answer[28:32] == router
    assert answer[32:42] == MAC + near


@pytest.mark.parametrize("frames", [False, True])
def test_the_mirror_answers_and_notes(frames: bool) -> None:
    with Mirror(load("plain")) as mirror:
        network = mirror.network()
        with network.plug(frames=frames) as card:
            assert card.descriptor is not None
            before_ns = time.monotonic_ns()
            packet = echo(SOURCE, "5.2.0.1")
            os.write(card.descriptor, framed(packet) if frames else packet)
            sent_ns = time.monotonic_ns()
            answer = received(card.descriptor)
            after_ns = time.monotonic_ns()
            assert answer == (reply(framed(packet)) if frames else reply_to_packet(packet))
            # It notes the echo after it sent the answer.
            for _ in range(100):
                if not network.seen.echoes:
                    select.select([], [], [], 0.01)
            (one,) = network.seen.echoes
    # The stamp is of the sending, not of the noticing; two clocks differ by a little.
    assert before_ns - 100_000 <= one.arrived_ns <= sent_ns + 100_000
    assert one.arrived_ns <= one.left_ns <= after_ns
    assert network.seen.first_ns == one.arrived_ns
    assert network.seen.last_ns == one.arrived_ns


def test_the_lab_s_first_frame_is_stamped_and_not_lost() -> None:
    network = StampedLab(load("plain"))
    with network.plug(frames=False) as card:
        assert card.descriptor is not None
        assert network.seen.first_ns is None
        before_ns = time.monotonic_ns()
        os.write(card.descriptor, echo(SOURCE, "5.2.0.1"))
        sent_ns = time.monotonic_ns()
        answer = received(card.descriptor)
    assert answer[12:16] == ip_address("5.2.0.1").packed
    assert network.seen.first_ns is not None
    assert before_ns - 100_000 <= network.seen.first_ns <= sent_ns + 100_000


def test_a_kernel_s_own_discovery_is_not_the_first_frame() -> None:
    network = StampedLab(load("plain"))
    with network.plug(frames=True) as card:
        assert card.descriptor is not None
        os.write(card.descriptor, b"\x33\x33\0\0\0\x02" + MAC + b"\x86\xdd" + bytes(60))
        select.select([], [], [], 0.2)
        assert network.seen.first_ns is None
        near, router = ip_address(SOURCE).packed, ip_address("5.1.0.2").packed
        asked = bytes.fromhex("0001080006040001") + MAC + near + bytes(6) + router
        os.write(card.descriptor, b"\xff" * 6 + MAC + b"\x08\x06" + asked)
        assert received(card.descriptor)[12:14] == b"\x08\x06"
        assert network.seen.first_ns is not None


def test_a_stamp_is_of_the_sending() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs, _socket(ours.fileno()) as end:
        theirs.send(b"x")
        sent_ns = time.monotonic_ns()
        select.select([], [], [], 0.1)
        data, arrived_ns = _receive(end)
    assert data == b"x"
    assert abs(arrived_ns - sent_ns) < 50_000_000


def test_nothing_need_come() -> None:
    network = StampedLab(load("plain"))
    with network.plug(frames=True):
        pass
    assert network.seen.first_ns is None
