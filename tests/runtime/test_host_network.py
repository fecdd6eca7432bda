"""A network of the run's own behind this host, which leaves nothing."""

import asyncio
import os
import select
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netsonde.model import HostError
from netsonde.runtime import HostNetwork
from netsonde.runtime._container import INTERFACE
from netsonde.runtime._host_network import STEM, plug_into
from netsonde.runtime._namespace import Namespace

pytestmark = [pytest.mark.root, pytest.mark.tun]


@pytest.fixture
def host() -> Iterator[Namespace]:
    """Return a namespace that plays this host, and forwards."""
    space = Namespace()
    space.inside(lambda: Path("/proc/sys/net/ipv4/ip_forward").write_text("1"))
    yield space
    space.close()


def links() -> set[str]:
    """Return the interfaces of this thread's namespace."""
    return {name for _, name in socket.if_nameindex()}


def at(host: Namespace, action: Callable[[], None]) -> None:
    """Do it where nothing but the namespace is: the main thread's is where ways out lead."""
    # `ip ... netns PID` takes the namespace of a process: a process of its own plays the host.
    host.inside(lambda: _forked(action))


def _forked(action: Callable[[], None]) -> None:
    child = os.fork()
    if child == 0:
        try:
            action()
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _answer(card: int, request: bytes) -> bytes:
    """Ask on a card until somebody answers by this protocol: a new bridge may lose frames."""
    for _ in range(25):
        os.write(card, request)
        while select.select([card], [], [], 0.2)[0]:
            if (frame := os.read(card, 2_000))[12:14] == request[12:14]:
                return frame
    raise TimeoutError("nobody answers on the card")


def tables() -> str:
    return subprocess.run(
        ["nft", "list", "tables"], check=True, capture_output=True, text=True
    ).stdout


def test_networks_are_made_and_leave_nothing(host: Namespace) -> None:
    def inside() -> None:
        before = links()
        with HostNetwork().plug() as first, HostNetwork().plug() as second:
            assert links() - before == {f"{STEM}0", f"{STEM}1"}
            assert first.card.addresses == ("100.127.240.2/30", "fd6e:7300:736f::2/64")
            assert second.card.gateways == ("100.127.240.5", "fd6e:7300:736f:1::1")
            assert first.card.descriptor is not None
            assert tables().count("table inet netsonde_") == 2
        assert links() == before
        assert tables() == ""
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(first.card.descriptor)

    at(host, inside)


def test_a_host_that_does_not_forward_says_how(host: Namespace) -> None:
    def inside() -> None:
        Path("/proc/sys/net/ipv4/ip_forward").write_text("0")
        with pytest.raises(HostError, match="does not forward") as caught, HostNetwork().plug():
            pass
        assert "ip_forward=1" in caught.value.hint

    at(host, inside)


def test_frames_of_the_card_reach_this_host(host: Namespace) -> None:
    def inside() -> None:
        with HostNetwork(is_translated=False).plug() as plugged:
            card = plugged.card
            assert card.descriptor is not None
            near = socket.inet_aton(card.source(4) or "")
            router = socket.inet_aton(card.gateways[0])
            mac = bytes.fromhex("026e73000002")
            asked = bytes.fromhex("0001080006040001") + mac + near + bytes(6) + router
            request = b"\xff" * 6 + mac + b"\x08\x06" + asked
            frame = _answer(card.descriptor, request)
            assert frame[20:22] == b"\x00\x02"
            assert frame[28:32] == router

    at(host, inside)


def test_a_card_is_plugged_into_another_process(host: Namespace) -> None:
    def inside() -> None:
        with HostNetwork(is_translated=False).plug(has_descriptor=False) as plugged:
            other = subprocess.Popen(
                ["unshare", "--net", "sh", "-c", "echo up; read line; ip -o link; ip -o address"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert other.stdout
            assert other.stdout.readline() == "up\n"
            asyncio.run(plugged.into(other.pid))
            shown, _ = other.communicate("\n")
            assert f"{INTERFACE}@" in shown
            assert "02:6e:73:00:00:02" in shown
            assert "inet" not in shown, "the address is the image's, and not the kernel's"
            with pytest.raises(HostError):
                asyncio.run(plugged.into(other.pid))

    at(host, inside)


def test_two_namespaces_are_joined_without_a_bridge() -> None:
    space = Namespace()
    try:
        with pytest.raises(HostError):
            plug_into(space, 2**22 + 1)
    finally:
        space.close()
