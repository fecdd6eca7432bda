"""The addresses that an event tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsonde.model._alias import AliasResult
from netsonde.model._event import HopSettled
from netsonde.model._fingerprint import FingerprintResult
from netsonde.model._multipath import MultipathResult
from netsonde.model._tcp import TcpResult
from netsonde.model._tnt import TntResult
from netsonde.model._trace import PingResult, TraceResult

if TYPE_CHECKING:
    from netsonde.model._base import Address
    from netsonde.model._event import Event


def responders(event: Event) -> tuple[Address, ...]:
    """Return the addresses that replied or were revealed, in order, each once."""
    match event:
        case PingResult():
            found = [reply.responder for reply in event.replies]
        case HopSettled():
            found = [reply.responder for reply in event.hop.replies]
        case TraceResult():
            found = [reply.responder for hop in event.hops for reply in hop.replies]
        case TntResult():
            found = [router.address for router in event.path if router.address is not None]
        case AliasResult():
            found = [one.address for one in event.addresses if one.received]
        case FingerprintResult():
            found = [each.reply.responder for each in event.replies]
        case TcpResult():
            replies = (event.handshake.reply, *(hop.reply for hop in event.hops))
            found = [reply.responder for reply in replies if reply is not None]
        case MultipathResult():
            found = [node.address for node in event.nodes if node.address is not None]
        case _:
            found = []
    return tuple(dict.fromkeys(found))
