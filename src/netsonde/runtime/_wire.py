"""Plugs a card into a network: into the lab or this host, by a descriptor or by a name."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing, contextmanager
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from netsonde.model import UsageError
from netsonde.runtime._host_network import CARD, HostNetwork, open_tap, plug_into
from netsonde.runtime._lab_network import LabNetwork, card_in
from netsonde.runtime._namespace import Namespace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from netsonde.runtime._card import Card

#: Brings the card to a process; None where a descriptor does.
Plug: TypeAlias = "Callable[[int], Awaitable[None]] | None"


class How(Enum):
    """How a program comes to its card."""

    PACKETS = "a descriptor for IP packets where the network has them, else for frames"
    FRAMES = "a descriptor for frames"
    TAP = "a descriptor of a TAP"
    TAP_BY_NAME = "the name of a TAP, in a namespace that it is started in"
    PLUGGED = "the name of an interface that comes once the program runs"


class Wired(NamedTuple):
    """A card, and how the program comes to it.

    Attributes:
        card: The card.
        plug: What brings it to a process that runs already.
        space: The namespace that has it by name.
    """

    card: Card
    plug: Plug = None
    space: Namespace | None = None


@contextmanager
def wire(network: LabNetwork | HostNetwork, how: How) -> Iterator[Wired]:
    """Yield a card that is plugged into a network.

    Raises:
        HostError: A right or a program is missing.
        UsageError: Virtual time cannot come on such a card.
    """
    is_descriptor = how in (How.PACKETS, How.FRAMES)
    if isinstance(network, LabNetwork) and network.virtual_time and not is_descriptor:
        message = "virtual time comes on a card that is a socket"
        raise UsageError(message, "process, podman and unikernel have one")
    owner = os.geteuid() if how is How.TAP_BY_NAME else None
    with ExitStack() as held:
        if isinstance(network, HostNetwork):
            plug = network.plug(has_descriptor=how is not How.PLUGGED, owner=owner)
            plugged = held.enter_context(plug)
            into = plugged.into if how is How.PLUGGED else None
            yield Wired(plugged.card, into, plugged.space)
        elif how is How.PLUGGED:
            yield held.enter_context(_lab_by_name(network))
        elif how in (How.TAP, How.TAP_BY_NAME):
            yield held.enter_context(_lab_by_tap(network, owner))
        else:
            yield Wired(held.enter_context(network.plug(frames=how is How.FRAMES)))


@contextmanager
def _lab_by_name(network: LabNetwork) -> Iterator[Wired]:
    """Yield a card that is one end of a veth; on the other one the lab listens."""
    lab, engine = network.lab, network.lab.engine()
    with ExitStack() as held:
        space = held.enter_context(closing(Namespace()))
        space.quiet("default")

        async def plug(pid: int) -> None:
            plug_into(space, pid)
            port = held.enter_context(space.packets(CARD))
            held.enter_context(network.serve(engine, port.fileno(), frames=True))

        yield Wired(card_in(lab, None, frames=True), plug)


@contextmanager
def _lab_by_tap(network: LabNetwork, owner: int | None) -> Iterator[Wired]:
    """Yield a card that is a TAP; on its interface the lab listens."""
    lab, engine = network.lab, network.lab.engine()
    with ExitStack() as held:
        space = held.enter_context(closing(Namespace()))
        space.quiet("default")
        descriptor: int | None = space.inside(lambda: open_tap(owner))
        assert descriptor is not None, "it was opened"
        if owner is None:
            held.callback(os.close, descriptor)
        else:
            os.close(descriptor)
            descriptor = None
        space.ip([f"link set {CARD} up"])
        port = held.enter_context(space.packets(CARD))
        held.enter_context(network.serve(engine, port.fileno(), frames=True))
        yield Wired(card_in(lab, descriptor, frames=True), None, space)
