"""A numbered topology -> the JSON that the engine takes (crates/netsonde-lab, `topology`)."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from netsonde.lab._elements import Attachment, Domain, Link, Lsp, Mutator, Node
from netsonde.lab._knobs import DOMAIN_KNOBS, engine_behaviour
from netsonde.lab._profiles import profiles

if TYPE_CHECKING:
    from netsonde.lab._topology import Topology


def engine_json(topology: "Topology") -> bytes:
    """Return the topology as one JSON object."""
    return json.dumps(engine_topology(topology), sort_keys=True).encode()


def engine_topology(topology: "Topology") -> dict[str, Any]:
    """Return the topology as the engine's schema has it."""
    open_knobs = {
        member: [knob for knob in DOMAIN_KNOBS if getattr(domain, knob) is None]
        for domain in topology.domains
        for member in domain.members
    }
    nodes = {node.name: _node(node, open_knobs.get(node.name, ())) for node in topology.nodes}
    for ecmp in topology.ecmps:
        nodes[ecmp.node]["ecmp"] = {
            "hash": ecmp.hash,
            "salt": ecmp.salt,
            "next": list(ecmp.next),
        }
    return {
        "seed": topology.seed,
        "nodes": nodes,
        "links": {link.name: _link(link) for link in topology.links},
        "domains": {domain.name: _domain(domain) for domain in topology.domains},
        "lsps": {lsp.name: _lsp(lsp) for lsp in topology.lsps},
        "routes": [
            {"node": route.node, "prefix": str(route.prefix), "via": list(route.via)}
            for route in topology.routes
        ],
        "faults": [{"at_ns": fault.at_ns, **fault.action} for fault in topology.faults],
        "mutators": [_mutator(mutator) for mutator in topology.mutators],
        "attachments": {item.name: _attachment(item) for item in topology.attachments},
    }


def _node(node: Node, open_knobs: Iterable[str]) -> dict[str, Any]:
    """`open_knobs` are those that the node's domain leaves to the profile."""
    of_profile = profiles()[node.profile].knobs
    wanted = {
        name: value
        for name, value in of_profile.items()
        if name not in DOMAIN_KNOBS or name in open_knobs
    }
    found: dict[str, Any] = {
        "role": node.role,
        "loopback": _text(node.loopback),
        "loopback6": _text(node.loopback6),
        "addresses": [str(prefix) for prefix in node.addresses],
        "behaviour": engine_behaviour({**wanted, **node.behaviour}),
        "open_tcp_ports": list(node.open_tcp_ports),
        "open_udp_ports": list(node.open_udp_ports),
    }
    if node.nat is not None:
        found["nat"] = {
            "inside": list(node.nat.inside),
            "address": _text(node.nat.address),
            "translate_quotes": node.nat.translate_quotes,
        }
    return found


def _link(link: Link) -> dict[str, Any]:
    return {
        "ends": list(link.ends),
        "subnet": _text(link.subnet),
        "subnet6": _text(link.subnet6),
        "addresses": None if link.addresses is None else [str(one) for one in link.addresses],
        "addresses6": None if link.addresses6 is None else [str(one) for one in link.addresses6],
        "delay_ns": link.delay_ns,
        "jitter_ns": link.jitter_ns,
        "loss": link.loss,
        "loss_back": link.loss_back,
        "reorder": link.reorder,
        "reorder_ns": link.reorder_ns,
        "duplicate": link.duplicate,
        "mtu": link.mtu,
        "cost": list(link.cost),
        "mpls": link.mpls,
    }


def _domain(domain: Domain) -> dict[str, Any]:
    found = {
        "members": list(domain.members),
        "ttl_at": dict(domain.ttl_at),
        "plain_ingress": list(domain.plain_ingress),
        "uhp_label": domain.uhp_label,
        "service_label": domain.service_label,
        "label_base": domain.label_base,
        "pins": [
            {"node": pin.node, "egress": pin.egress, "label": pin.label} for pin in domain.pins
        ],
    }
    for knob in DOMAIN_KNOBS:
        if (value := getattr(domain, knob)) is not None:
            found[knob] = value
    return found


def _lsp(lsp: Lsp) -> dict[str, Any]:
    return {
        "path": list(lsp.path),
        "fec": [str(prefix) for prefix in lsp.fec],
        "return_fec": [str(prefix) for prefix in lsp.return_fec],
        "pop": lsp.pop,
        "ttl": lsp.ttl,
        "uhp_label": lsp.uhp_label,
        "labels": list(lsp.labels),
        "service_label": lsp.service_label,
    }


def _mutator(mutator: Mutator) -> dict[str, Any]:
    return {
        "link": mutator.link,
        "from": mutator.sender,
        "to": [str(prefix) for prefix in mutator.to],
        "probability": mutator.probability,
        "mutation": mutator.mutation,
        **mutator.settings,
    }


def _attachment(item: Attachment) -> dict[str, Any]:
    return {
        "node": item.node,
        "subnet": _text(item.subnet),
        "subnet6": _text(item.subnet6),
        "address": _text(item.address),
        "address6": _text(item.address6),
        "routed": [str(prefix) for prefix in item.routed],
        "delay_ns": item.delay_ns,
        "mtu": item.mtu,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
