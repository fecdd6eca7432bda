"""Plugs a card into a network: into the lab or this host, by a descriptor or by a name."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeAlias

from netsonde.runtime._host_network import CARD, HostNetwork, plug_into
from netsonde.runtime._lab_network import LabNetwork, card_in, serve
from netsonde.runtime._namespace import Namespace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from netsonde.runtime._card import Card

#: Brings the card to a process; None where a descriptor does.
Plug: TypeAlias = "Callable[[int], Awaitable[None]] | None"


@contextmanager
def wire(
    network: LabNetwork | HostNetwork, *, frames: bool, by_name: bool
) -> Iterator[tuple[Card, Plug]]:
    """Yield a card, and what brings it to the process that uses it.

    Args:
        network: What it is plugged into.
        frames: Whether it shall carry Ethernet frames; IP packets do where it is the lab's.
        by_name: Whether the process knows it by an interface's name, and no descriptor is passed.

    Raises:
        HostError: A right or a program is missing.
    """
    with ExitStack() as held:
        if isinstance(network, HostNetwork):
            plugged = held.enter_context(network.plug(has_descriptor=not by_name))
            yield plugged.card, (plugged.into if by_name else None)
        elif by_name:
            yield held.enter_context(_lab_by_name(network))
        else:
            yield held.enter_context(network.plug(frames=frames)), None


@contextmanager
def _lab_by_name(network: LabNetwork) -> Iterator[tuple[Card, Plug]]:
    """Yield a card that is one end of a veth; on the other one the lab listens."""
    lab, engine = network.lab, network.lab.engine()
    space = Namespace()
    try:
        space.quiet("default")
        held = ExitStack()

        async def plug(pid: int) -> None:
            plug_into(space, pid)
            port = held.enter_context(space.packets(CARD))
            held.enter_context(serve(engine, lab, port.fileno(), frames=True))

        with held:
            yield card_in(lab, None, frames=True), plug
    finally:
        space.close()
