"""The words for what a record says in codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsonde.model import (
    AttemptOutcome,
    Completeness,
    Method,
    ReplyKind,
    StopReason,
    Trigger,
    TunnelClass,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsonde.model import HopFacts, Label, Reply, Trace, Tunnel, VendorCandidate

CLASSES = {
    TunnelClass.EXPLICIT: "explicit tunnel",
    TunnelClass.IMPLICIT: "implicit tunnel",
    TunnelClass.OPAQUE: "opaque tunnel",
    TunnelClass.INVISIBLE_PHP: "invisible tunnel (PHP)",
    TunnelClass.INVISIBLE_UHP: "invisible tunnel (UHP)",
}

TRIGGERS = {
    Trigger.LABELS: "labels",
    Trigger.QTTL: "quoted TTL",
    Trigger.UTURN: "U-turn",
    Trigger.LSE_TTL: "label TTL",
    Trigger.RTLA: "RTLA",
    Trigger.FRPLA: "FRPLA",
    Trigger.FRPLA_INCREASE: "FRPLA increase",
    Trigger.DUPLICATE_IP: "duplicate address",
    Trigger.QTTL_ZERO: "quoted TTL 0",
    Trigger.SIGNATURE_64_64: "<64,64>",
    Trigger.BRUTE_FORCE: "brute force",
}

METHODS = {
    Method.DPR: "DPR",
    Method.BRPR: "BRPR",
    Method.BUDDY: "buddy",
    Method.UNKNOWN: "DPR or BRPR",
    Method.MIXED: "DPR and BRPR",
}

OUTCOMES = {
    AttemptOutcome.REVEALED: "revealed",
    AttemptOutcome.NOTHING_REVEALED: "nothing revealed",
    AttemptOutcome.INGRESS_NOT_FOUND: "ingress not crossed",
    AttemptOutcome.TARGET_NOT_REACHED: "target not reached",
    AttemptOutcome.INCONSISTENT: "inconsistent with the path",
    AttemptOutcome.NOT_ATTEMPTED: "not attempted",
}

STOPS = {
    StopReason.COMPLETED: "reached",
    StopReason.UNREACHABLE: "unreachable",
    StopReason.GAP_LIMIT: "not reached: too many silent hops in a row",
    StopReason.LOOP_LIMIT: "not reached: the path loops",
    StopReason.LAST_TTL: "not reached: last TTL tried",
    StopReason.BUDGET: "not reached: the probe budget is used up",
    StopReason.DEADLINE: "not reached: the deadline has passed",
    StopReason.INTERRUPTED: "interrupted",
}

_UNREACHABLE_4 = {
    0: "network unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    4: "fragmentation needed",
    5: "source route failed",
    6: "network unknown",
    7: "host unknown",
    9: "network prohibited",
    10: "host prohibited",
    13: "administratively prohibited",
}

_UNREACHABLE_6 = {
    0: "no route",
    1: "administratively prohibited",
    2: "beyond scope",
    3: "address unreachable",
    4: "port unreachable",
    5: "failed policy",
    6: "route rejected",
}

_KINDS = {
    ReplyKind.PACKET_TOO_BIG: "packet too big",
    ReplyKind.PARAMETER_PROBLEM: "parameter problem",
    ReplyKind.REDIRECT: "redirect",
    ReplyKind.TCP_SYN_ACK: "port open",
    ReplyKind.TCP_RST: "port closed",
    ReplyKind.UDP_REPLY: "UDP reply",
}


def stop(trace: Trace) -> str:
    """Return how a trace ended, with the number of hops."""
    words = STOPS[trace.stop]
    if trace.stop is StopReason.COMPLETED and trace.hops:
        return f"{words} in {plural(trace.hops[-1].probe_ttl, 'hop')}"
    return words


def reply(reply: Reply, *, final: bool) -> str:
    """Return what is unusual about a reply; nothing for the usual kinds.

    Args:
        reply: The reply.
        final: True if it comes from the target, whose port-unreachable is the expected answer.
    """
    if reply.kind is ReplyKind.UNREACHABLE:
        codes = _UNREACHABLE_6 if ":" in reply.responder else _UNREACHABLE_4
        code = reply.icmp_code or 0
        words = codes.get(code, f"unreachable, code {code}")
        words = "" if final and words == "port unreachable" else words
    else:
        words = _KINDS.get(reply.kind, "")
    if reply.mtu is not None:
        words = f"{words}, MTU {reply.mtu}".removeprefix(", ")
    return words


def labels(stack: tuple[Label, ...]) -> str:
    """Return a label stack, top first."""
    return " | ".join(f"L={label.label} TTL={label.ttl}" for label in stack)


def signature(facts: HopFacts | None) -> str:
    """Return the signature <TE,ER>; a star for an initial TTL that is not known."""
    if facts is None:
        return ""
    te_ttl, er_ttl = (str(ttl) if ttl else "*" for ttl in facts.signature)
    return f"<{te_ttl},{er_ttl}>"


def vendors(candidates: tuple[VendorCandidate, ...], named_max: int = 2) -> str:
    """Return the likeliest vendors by name, and how many there are besides."""
    names = ", ".join(candidate.vendor for candidate in candidates[:named_max])
    more = len(candidates) - named_max
    return f"{names} +{more}" if more > 0 else names


def safe(text: str) -> str:
    """Return text that came from the network without what could steer a terminal."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def evidence(tunnel: Tunnel) -> str:
    """Return what gave the tunnel away, with numbers where there are some."""
    return ", ".join(_trigger(tunnel, trigger) for trigger in tunnel.triggers)


def tunnel(tunnel: Tunnel) -> list[str]:
    """Return what is known of a tunnel: its size, the evidence, how and how far it was revealed."""
    words = [_size(tunnel), f"by {evidence(tunnel)}"]
    if tunnel.method:
        words.append(f"revealed by {METHODS[tunnel.method]}")
    if tunnel.completeness is Completeness.COMPLETE:
        words.append("complete")
    elif tunnel.completeness is Completeness.INCOMPLETE:
        words.append(f"incomplete ({OUTCOMES[tunnel.stop]})" if tunnel.stop else "incomplete")
    return words


def plural(number: int, noun: str) -> str:
    """Return the number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(ms: float) -> str:
    """Return a time in the unit that fits."""
    return f"{ms:.0f} ms" if ms < 1_000 else f"{ms / 1_000:.1f} s"


def _size(tunnel: Tunnel) -> str:
    """Return how many routers a tunnel has, and how many should have been found."""
    hidden = len(tunnel.hidden)
    if tunnel.completeness is Completeness.VISIBLE:
        return plural(len(tunnel.lsrs), "router")
    inferred = tunnel.inferred_length
    if tunnel.completeness is Completeness.INCOMPLETE and inferred and inferred > hidden:
        return f"{hidden} of {plural(inferred, 'hidden router')}"
    return plural(hidden, "hidden router")


def _trigger(tunnel: Tunnel, trigger: Trigger) -> str:
    words, facts = TRIGGERS[trigger], tunnel.egress.hop if tunnel.egress else None
    number = None
    if trigger is Trigger.FRPLA and facts:
        number = facts.frpla
    elif trigger is Trigger.RTLA and facts:
        number = facts.rtla
    elif trigger is Trigger.LSE_TTL and tunnel.egress and tunnel.egress.labels:
        number = tunnel.egress.labels[0].ttl
    return words if number is None else f"{words} {number}"


def join(notes: Iterable[str]) -> str:
    """Return the notes that say something, separated by commas."""
    return ", ".join(note for note in notes if note)
