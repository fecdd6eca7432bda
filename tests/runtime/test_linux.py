"""What machines with a Linux kernel have in common."""

import socket

import pytest

from netsonde.image import Store
from netsonde.runtime import Limits, _linux
from netsonde.runtime._card import Card
from netsonde.runtime._linux import media, options

CARD = Card(frames=True, descriptor=9, addresses=("5.1.0.1/30",), gateways=("5.1.0.2",), mtu=1500)


def test_a_run_brings_the_very_image_its_words_and_its_job(store: Store) -> None:
    image = store.open("stand-in")
    program, words, job = media(image, CARD, b"{}", Limits(time_s=7))
    assert program.data == image.data
    expected = b"card=ethernet ip=5.1.0.1/30 gw=5.1.0.2 if=eth0 deadline_ms=7000\n"
    assert words.data == expected
    assert job.data == b"{}\n"


@pytest.mark.parametrize(
    ("has_kvm", "expected"), [(True, "-accel kvm -cpu host"), (False, "-accel tcg -m 128M")]
)
def test_a_machine_has_a_card_and_a_line(
    has_kvm: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_linux, "has_kvm", lambda: has_kvm)
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with near, far:
        line = " ".join(options("pc", 128 << 20, far.fileno()))
    assert expected in line
    for option in ("-M pc", "-nodefaults", "-serial stdio", "spawn=deny", "virtio-net-pci"):
        assert option in line
