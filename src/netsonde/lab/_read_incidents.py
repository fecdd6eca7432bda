"""Tables of faults and mutators -> elements."""

from typing import Any

from netsonde.lab._elements import MUTATIONS, OPTION_ACTIONS, QUOTE_CHANGES, Fault, Mutator
from netsonde.lab._knobs import take_limit
from netsonde.lab._read import PREFIXES, address, costs, networks
from netsonde.lab._reader import Table, duration, integer, share, show, text

#: Numbers that are not of 16 bits.
_HIGHEST = {"tos": 255, "kind": 255, "clear": 255, "offset": 2**32 - 1}
_SUBJECTS = (
    'either a node with `icmp` ("drop", "answer" or a limit), '
    "or a link with one of `state`, `cost`, `loss`, `delay`"
)


def read_fault(table: Table) -> Fault:
    """Return a timed fault.

    Raises:
        TopologyError: Something in it is refused.
    """
    at_ns = table.take_duration("at", 0)
    if table.has("node") == table.has("link"):
        raise table.error("", _SUBJECTS, "both" if table.has("node") else "neither")
    action = _node_action(table) if table.has("node") else _link_action(table)
    table.finish()
    return Fault(at_ns=at_ns, action=action)


def _node_action(table: Table) -> dict[str, Any]:
    node = table.require("node", "a node", text)
    icmp = table.peek("icmp")
    if isinstance(icmp, dict) or icmp == "unlimited":
        return {"action": "limit", "node": node, "limit": take_limit(table)}
    if icmp in ("drop", "answer"):
        table.take_any("icmp")
        return {"action": "icmp", "node": node, "silent": icmp == "drop"}
    expected = '"drop", "answer", "unlimited" or a limit such as { rate = "50/s", burst = 10 }'
    raise table.error("icmp", expected, show(icmp))


def _link_action(table: Table) -> dict[str, Any]:
    link = table.require("link", "a link", text)
    given = [key for key in ("state", "cost", "loss", "delay") if table.has(key)]
    if len(given) != 1:
        found = " and ".join(given) or "nothing"
        raise table.error("", "one of `state`, `cost`, `loss`, `delay`", found)
    match given[0]:
        case "state":
            up = table.take_choice("state", ("up", "down"), "up") == "up"
            reroute_ns = table.take_duration("reroute", 0)
            return {"action": "link", "link": link, "up": up, "reroute_ns": reroute_ns}
        case "cost":
            cost = table.require("cost", "a cost from 1 to 65535, or two", costs)
            return {"action": "cost", "link": link, "cost": list(cost)}
        case "loss":
            loss = table.require("loss", "a number from 0 to 1", share)
            return {"action": "loss", "link": link, "loss": loss}
        case _:
            delay_ns = table.take_duration("delay", 0)
            return {"action": "delay", "link": link, "delay_ns": delay_ns}


def read_mutator(table: Table) -> Mutator:
    """Return a middlebox or liar.

    Raises:
        TopologyError: Something in it is refused.
    """
    if not table.has("mutation"):
        raise table.error("mutation", f"one of {', '.join(MUTATIONS)}", "nothing")
    mutation = table.take_choice("mutation", MUTATIONS, "")
    mutator = Mutator(
        link=table.require("link", "a link or attachment", text),
        mutation=mutation,
        settings=dict(_setting(table, name) for name in MUTATIONS[mutation]),
        sender=table.take("from", "a node", text, None),
        to=table.take("to", PREFIXES, networks, ()),
        probability=table.take_share("probability", 1.0),
    )
    table.finish()
    return mutator


def _setting(table: Table, name: str) -> tuple[str, Any]:
    match name:
        case "delay":
            return "delay_ns", table.require(name, "a duration", duration)
        case "address" | "source":
            return name, str(table.require(name, "an address", address))
        case "change":
            expected = f"one of {', '.join(QUOTE_CHANGES)}"
            return name, table.require(name, expected, _change)
        case "blind":
            return name, table.take_bool(name, False)
        case "action":
            return name, table.take_choice(name, OPTION_ACTIONS, "strip")
        case _:
            high = _HIGHEST.get(name, 65_535)
            return name, table.require(name, f"an integer from 0 to {high}", integer(0, high))


def _change(value: object) -> str:
    if value not in QUOTE_CHANGES:
        raise ValueError(value)
    return str(value)
