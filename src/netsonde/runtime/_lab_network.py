"""A live lab as the network: the other end of a run's card is the lab itself.

No right is needed: the card is one end of a pair of sockets.
"""

from __future__ import annotations

import errno
import os
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from netsonde.model import HostError, NetsondeError
from netsonde.runtime._card import Card

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from netsonde._core import Lab as Engine
    from netsonde.lab import Lab

#: Octets that wait on either side of the card.
_BUFFER_BYTES = 1 << 21


class LabNetwork:
    """Serves a lab to one run at a time.

    Args:
        lab: The lab; its own attachment is where the card is plugged in.
        virtual_time: Whether the lab drives the clock of the run, too: nobody waits, and a run
            repeats bit for bit. Else both go by the clock on the wall.
    """

    def __init__(self, lab: Lab, *, virtual_time: bool = False) -> None:
        self.lab = lab
        self.virtual_time = virtual_time

    @contextmanager
    def plug(self, *, frames: bool) -> Iterator[Card]:
        """Start the lab afresh, and yield a card in it.

        Args:
            frames: Whether the card carries Ethernet frames, else IP packets.
        """
        engine = self.lab.engine()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with ours, theirs:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
            with self.serve(engine, ours.fileno(), frames=frames):
                card = card_in(self.lab, theirs.fileno(), frames=frames)
                yield card._replace(has_clock=self.virtual_time)

    def serve(
        self, engine: Engine, descriptor: int, *, frames: bool
    ) -> AbstractContextManager[None]:
        """Serve the lab on the other end of a card, as long as the context lasts.

        Raises:
            HostError: The lab failed meanwhile.
        """
        name = self.lab.find_attachment(None).name
        if self.virtual_time:
            return _in_thread(
                lambda stop: engine.serve_ticks(name, descriptor, stop, ethernet=frames)
            )
        return _in_thread(lambda stop: engine.serve({name: descriptor}, stop, ethernet=frames))


def card_in(lab: Lab, descriptor: int | None, *, frames: bool) -> Card:
    """Return the card that is plugged in at a lab's attachment."""
    item = lab.find_attachment(None)
    networks = [subnet for subnet in (item.subnet, item.subnet6) if subnet is not None]
    pairs = list(zip(item.interfaces(), networks, strict=True))
    return Card(
        frames=frames,
        descriptor=descriptor,
        addresses=tuple(f"{host}/{network.prefixlen}" for (host, _), network in pairs),
        gateways=tuple(str(router) for (_, router), _ in pairs),
        mtu=item.mtu,
    )


@contextmanager
def _in_thread(work: Callable[[int], None]) -> Iterator[None]:
    """Do work in a thread until the context ends: then the descriptor that it gets is readable."""
    stop_read, stop_write = os.pipe()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work(stop_read)
        except BaseException as error:  # a thread has nobody else to tell
            failures.append(error)

    thread = threading.Thread(target=run, name="netsonde-lab")
    thread.start()
    told: BaseException | None = None
    try:
        yield
    except (NetsondeError, GeneratorExit) as error:
        told = error
    finally:
        os.close(stop_write)
        thread.join()
        os.close(stop_read)
    # What the image says of a lab that failed is less than the lab knows. A card that went away
    # before us, such as a container's, is no failure.
    if failures and getattr(failures[0], "errno", 0) != errno.ENETDOWN:
        raise HostError(f"the lab stopped: {failures[0]}") from failures[0]
    if told is not None:
        raise told
