"""The result of tnt: the trace, and the tunnels in it."""

from enum import StrEnum
from typing import NamedTuple

from netsonde.model import _view
from netsonde.model._base import Address, Record, UInt8, UInt32
from netsonde.model._reply import Label
from netsonde.model._runtime import RuntimeRecord
from netsonde.model._trace import Trace
from netsonde.model._tunnel import (
    FailedRevelation,
    HopFacts,
    Tunnel,
    TunnelRouter,
    VendorCandidate,
)


class TntHop(Record, frozen=True, kw_only=True):
    """A hop of the first trace with what TNT derived of it.

    Attributes:
        probe_ttl: TTL of the probes.
        address: The router's address; null if it is silent.
        facts: What is known and derived of it; null if it is silent.
        vendors: Vendors that its signature may mean, likeliest first.
        labels: Label stack it quoted, top first.
    """

    probe_ttl: UInt8
    address: Address | None = None
    facts: HopFacts | None = None
    vendors: tuple[VendorCandidate, ...] = ()
    labels: tuple[Label, ...] = ()


class Role(StrEnum):
    """What a router does in a tunnel."""

    INGRESS = "ingress"
    LSR = "lsr"
    EGRESS = "egress"


class Membership(NamedTuple):
    """One router's part in one tunnel."""

    tunnel: int
    """Index in `TntResult.tunnels`."""
    role: Role
    """What it does there."""
    router: TunnelRouter
    """Its record there."""


class PathHop(NamedTuple):
    """One router of the whole path, visible or revealed."""

    name: str
    """Its TTL in the first trace, or H1, H2, ... if the first trace does not show it."""
    address: Address | None
    """Its address; None if it is silent."""
    facts: HopFacts | None
    """What is known and derived of it."""
    vendors: tuple[VendorCandidate, ...]
    """Vendors that its signature may mean."""
    labels: tuple[Label, ...]
    """Label stack it quoted, top first."""
    parts: tuple[Membership, ...]
    """Its part in each tunnel it belongs to."""

    @property
    def hidden(self) -> bool:
        """True if the first trace does not show it."""
        return self.name.startswith("H")

    @property
    def rtt_ms(self) -> float | None:
        """Round-trip time, in milliseconds; None if it is silent."""
        return self.facts.rtt_ms if self.facts else None


class Tnt(Record, frozen=True, kw_only=True):
    """A finished tnt: the first trace, and the tunnels found in it.

    Attributes:
        trace: The first trace: what plain traceroute sees.
        hops: Its hops, with what TNT derived of them.
        tunnels: In path order.
        failed: Revelations that found no tunnel.
        sent_trace: Probes of the first trace.
        sent_ping: Probes of the pings.
        sent_revelation: Probes of the revelation traces.
        incomplete: True when a budget or the deadline cut it short.
    """

    trace: Trace
    hops: tuple[TntHop, ...]
    tunnels: tuple[Tunnel, ...] = ()
    failed: tuple[FailedRevelation, ...] = ()
    sent_trace: UInt32 = 0
    sent_ping: UInt32 = 0
    sent_revelation: UInt32 = 0
    incomplete: bool = False

    @property
    def target(self) -> Address:
        """Address measured."""
        return self.trace.target

    @property
    def reached(self) -> bool:
        """True if the target replied."""
        return self.trace.reached

    @property
    def hidden(self) -> tuple[TunnelRouter, ...]:
        """The routers that the first trace does not show, in path order."""
        return tuple(router for tunnel in self.tunnels for router in tunnel.hidden)

    @property
    def path(self) -> tuple[PathHop, ...]:
        """Every router in path order, the revealed ones between those that the trace shows."""
        parts, hidden = _parts_by_ttl(self.tunnels), _hidden_by_ttl(self.tunnels)
        visible = {hop.probe_ttl: hop for hop in self.hops}
        path, number = list[PathHop](), 0
        for ttl in range(self.trace.first_ttl - 1, self.trace.first_ttl + len(self.hops)):
            if hop := visible.get(ttl):
                own = tuple(parts.get(ttl, ()))
                path.append(PathHop(str(ttl), hop.address, hop.facts, hop.vendors, hop.labels, own))
            for part in hidden.get(ttl, ()):
                number += 1
                router = part.router
                name, vendors = f"H{number}", router.vendors
                path.append(
                    PathHop(name, router.address, router.hop, vendors, router.labels, (part,))
                )
        return tuple(path)

    def __str__(self) -> str:
        return _view.text(self._table())

    def _repr_html_(self) -> str:
        return _view.html(self._table())

    def _table(self) -> _view.Table:
        rows = tuple(
            (
                hop.name,
                hop.address or "*",
                _view.ms(hop.rtt_ms),
                _view.stack(hop.labels),
                self._note(hop),
            )
            for hop in self.path
        )
        hidden = len(self.hidden)
        return _view.Table(
            title=f"tnt to {self.target} from {self.trace.source}, {self.trace.method}",
            columns=("hop", "address", "rtt/ms", "labels", "tunnel"),
            rows=rows,
            footer=f"{self.trace.stop}, {_view.count(len(self.tunnels), 'tunnel')}, "
            f"{_view.count(hidden, 'hidden router')}",
        )

    def _note(self, hop: PathHop) -> str:
        notes = []
        for part in hop.parts:
            tunnel = self.tunnels[part.tunnel]
            how = f", {part.router.method}" if part.router.method else ""
            notes.append(f"{tunnel.class_} {part.role}{how}")
        return "; ".join(notes)


class TntResult(Tnt, frozen=True, kw_only=True, tag_field="type", tag="tnt"):
    """A finished tnt as an event of its own.

    Attributes:
        runtime: What ran the engine, where it was an image; null elsewhere.
    """

    runtime: RuntimeRecord | None = None


def _members(index: int, tunnel: Tunnel) -> list[Membership]:
    ends = [] if tunnel.ingress is None else [Membership(index, Role.INGRESS, tunnel.ingress)]
    inner = [Membership(index, Role.LSR, router) for router in tunnel.lsrs]
    last = [] if tunnel.egress is None else [Membership(index, Role.EGRESS, tunnel.egress)]
    return ends + inner + last


def _parts_by_ttl(tunnels: tuple[Tunnel, ...]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = {}
    for index, tunnel in enumerate(tunnels):
        for part in _members(index, tunnel):
            if part.router.probe_ttl is not None:
                found.setdefault(part.router.probe_ttl, []).append(part)
    return found


def _hidden_by_ttl(tunnels: tuple[Tunnel, ...]) -> dict[int, list[Membership]]:
    """Return the hidden routers under the TTL of the visible hop that they follow."""
    found: dict[int, list[Membership]] = {}
    for index, tunnel in enumerate(tunnels):
        after = tunnel.ingress_ttl
        if after is None:
            after = tunnel.egress_ttl - 1 if tunnel.egress_ttl else 0
        for part in _members(index, tunnel):
            if part.router.probe_ttl is None:
                found.setdefault(after, []).append(part)
            else:
                after = part.router.probe_ttl
    return found
