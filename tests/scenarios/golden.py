"""The stable part of what TNT finds in a scenario, and the files that keep it.

`make bless` rewrites the files. Review the difference as code: a golden result that encodes
a defect is worse than none.

Stable: addresses, classes, triggers, methods, roles, labels, attempts. Not: times, identifiers.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netsonde
from netsonde.lab import Lab, read_scenario, scenario_names
from netsonde.measure import VantageLike
from netsonde.model import Attempt, TntResult, Tunnel, TunnelRouter

FOLDER = Path(__file__).parent / "golden"
_LINE = 96


def names() -> list[str]:
    """Return the scenarios that have a golden result: all that come with netsonde."""
    return scenario_names()


def path_of(name: str) -> Path:
    """Return the file of a scenario's golden result."""
    return FOLDER / f"{name}.json"


def produce(
    name: str, vantage_in: Callable[[Lab], VantageLike] = lambda lab: lab
) -> dict[str, Any]:
    """Run a scenario over each family that it has, and return what is stable of the results.

    Args:
        name: Of the scenario.
        vantage_in: Returns what measures in a lab; the lab itself unless given.
    """
    scenario = read_scenario(name)
    lab = Lab(scenario)
    options: dict[str, Any] = {"vantage": vantage_in(lab), "seed": lab.seed}
    for section in ("trace", "tnt"):
        options |= scenario.options.get(section, {})
    found = {
        "scenario": name,
        "seed": lab.seed,
        "origin": scenario.origin or "made for this suite",
        "original_tnt": scenario.tnt,
    }
    for target in lab.targets:
        result = netsonde.tnt(str(target), **options)
        found[f"ipv{target.version}"] = stable(result)
    return found


def write(name: str) -> None:
    """Make what a scenario gives now its golden result."""
    FOLDER.mkdir(exist_ok=True)
    path_of(name).write_text(render(produce(name)) + "\n")


def drop_orphans() -> None:
    """Remove the golden results whose scenario is gone."""
    for path in FOLDER.glob("*.json"):
        if path.stem not in names():
            path.unlink()


def stable(result: TntResult) -> dict[str, Any]:
    """Return what must not change by itself."""
    return {
        "target": result.target,
        "hops": [hop.address for hop in result.hops],
        "signatures": [
            None if hop.facts is None else list(hop.facts.signature) for hop in result.hops
        ],
        "frpla": [None if hop.facts is None else hop.facts.frpla for hop in result.hops],
        "stop": result.trace.stop,
        "path": [f"{hop.name} {hop.address}" for hop in result.path],
        "tunnels": [_tunnel(tunnel) for tunnel in result.tunnels],
        "failed": [
            {
                "entry": failed.entry,
                "exit": failed.exit,
                "trigger": failed.trigger,
                "attempts": [_attempt(attempt) for attempt in failed.attempts],
            }
            for failed in result.failed
        ],
        "sent": {
            "trace": result.sent_trace,
            "ping": result.sent_ping,
            "revelation": result.sent_revelation,
        },
        "incomplete": result.incomplete,
    }


def _tunnel(tunnel: Tunnel) -> dict[str, Any]:
    return {
        "class": tunnel.class_,
        "triggers": list(tunnel.triggers),
        "method": tunnel.method,
        "ttls": [tunnel.ingress_ttl, tunnel.egress_ttl],
        "ingress": None if tunnel.ingress is None else _router(tunnel.ingress),
        "lsrs": [_router(router) for router in tunnel.lsrs],
        "egress": None if tunnel.egress is None else _router(tunnel.egress),
        "inferred_length": tunnel.inferred_length,
        "completeness": tunnel.completeness,
        "stop": tunnel.stop,
        "attempts": [_attempt(attempt) for attempt in tunnel.attempts],
    }


def _router(router: TunnelRouter) -> str:
    """Return a router in one line: address, TTL of the first trace or step, labels."""
    words = [router.address or "*"]
    words.append("hidden" if router.probe_ttl is None else f"ttl {router.probe_ttl}")
    if router.step is not None:
        words.append(f"step {router.step}")
    if router.method is not None:
        words.append(str(router.method))
    for label in router.labels:
        words.append(f"label {label.label} ttl {label.ttl}" + (" bottom" if label.bottom else ""))
    return ", ".join(words)


def _attempt(attempt: Attempt) -> str:
    kind = " buddy" if attempt.buddy else ""
    flow = f" flow {attempt.flow}" if attempt.flow else ""
    return f"{attempt.step}: {attempt.method}{flow} to{kind} {attempt.target}: {attempt.outcome}"


def render(value: object, indent: int = 0) -> str:
    """Return JSON whose lists and objects stand on one line where they fit."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= _LINE or not isinstance(value, dict | list) or not value:
        return flat
    inner = " " * (indent + 1)
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {render(part, indent + 1)}" for key, part in value.items()]
        return "{\n" + ",\n".join(inner + item for item in items) + "\n" + " " * indent + "}"
    items = [render(part, indent + 1) for part in value]
    return "[\n" + ",\n".join(inner + item for item in items) + "\n" + " " * indent + "]"
