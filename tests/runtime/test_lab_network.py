"""The lab behind a pair of sockets: packets, or frames with their neighbours."""

import os
import select
import struct
from ipaddress import ip_address

import pytest

from netsonde.model import HostError
from netsonde.runtime import LabNetwork
from netsonde.runtime._lab_network import serve
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


def test_the_card_has_the_attachment_s_addresses() -> None:
    with LabNetwork(lab()).plug(frames=True) as card:
        assert card.addresses == ("5.1.0.1/30", "2a00:5:1::1/64")
        assert card.gateways == ("5.1.0.2", "2a00:5:1::2")


def test_a_lab_that_fails_says_so() -> None:
    with (
        pytest.raises(HostError, match="the lab stopped"),
        serve(lab().engine(), lab(), 9_999, frames=False),
    ):
        pass
