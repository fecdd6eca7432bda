"""Cards by descriptor or by name, into the lab or this host."""

import os
import select
import socket

import pytest

from netsonde.model import UsageError
from netsonde.runtime import LabNetwork
from netsonde.runtime._card import Card
from netsonde.runtime._host_network import open_tap
from netsonde.runtime._wire import How, wire
from tests.runtime.stand_in import lab


@pytest.mark.parametrize("how", [How.PACKETS, How.FRAMES])
def test_the_lab_s_card_is_a_descriptor(how: How) -> None:
    with wire(LabNetwork(lab()), how) as (card, plug, _):
        assert card.frames == (how is How.FRAMES)
        assert card.descriptor is not None
        assert plug is None


@pytest.mark.parametrize("how", [How.PLUGGED, How.TAP, How.TAP_BY_NAME])
def test_virtual_time_comes_on_sockets_alone(how: How) -> None:
    with (
        pytest.raises(UsageError, match="a card that is a socket"),
        wire(LabNetwork(lab(), virtual_time=True), how),
    ):
        pass


@pytest.mark.root
def test_plugged_in_it_comes_later() -> None:
    with wire(LabNetwork(lab()), How.PLUGGED) as (card, plug, _):
        assert card.descriptor is None
        assert card.frames
        assert plug is not None


@pytest.mark.root
@pytest.mark.tun
def test_a_tap_of_the_lab_answers_for_its_router() -> None:
    with wire(LabNetwork(lab()), How.TAP) as (card, _, _):
        assert card.descriptor is not None
        assert answers(card.descriptor, card)


@pytest.mark.root
@pytest.mark.tun
def test_a_tap_by_name_is_opened_by_whoever_is_in_its_namespace() -> None:
    with wire(LabNetwork(lab()), How.TAP_BY_NAME) as (card, _, space):
        assert card.descriptor is None
        assert space is not None
        descriptor = space.inside(open_tap)
        try:
            assert answers(descriptor, card)
        finally:
            os.close(descriptor)


def answers(tap: int, card: Card) -> bool:
    """Return whether the lab's router tells its hardware address."""
    near, router = (socket.inet_aton(text) for text in (card.source(4) or "", card.gateways[0]))
    mac = bytes.fromhex("026e73000002")
    asked = bytes.fromhex("0001080006040001") + mac + near + bytes(6) + router
    for _ in range(20):  # the kernel takes a moment to notice that somebody opened a TAP again
        os.write(tap, b"\xff" * 6 + mac + b"\x08\x06" + asked)
        while select.select([tap], [], [], 1)[0]:
            if os.read(tap, 2_000)[12:14] == b"\x08\x06":
                return True
    return False
