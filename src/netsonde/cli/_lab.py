"""`netsonde lab`: list, show, run and enter virtual Internets."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from netsonde import lab as labs
from netsonde.cli._lab_exec import execute
from netsonde.cli._lab_run import export, replay, run
from netsonde.lab import Lab, Scenario, draw, link_table, profiles, read_scenario, scenario_names
from netsonde.model import UsageError


@click.group()
def lab() -> None:
    """List, show, run and enter virtual Internets.

    \b
    Examples:
      netsonde lab list
      netsonde lab run invisible-php              what traceroute sees, what TNT reveals
      netsonde lab exec invisible-php -- traceroute 5.2.0.1
      netsonde lab replay invisible-php-brpr:42   the same run, byte by byte
    """


lab.add_command(run)
lab.add_command(replay)
lab.add_command(export)
lab.add_command(execute)


@lab.command("list")
@click.argument("word", default="")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_scenarios(word: str, as_json: bool) -> None:
    """List the scenarios that come with netsonde, or those whose name holds WORD."""
    found = [read_scenario(name) for name in scenario_names()]
    found = [one for one in found if any(word in name for name in (one.name, *one.aliases))]
    if not found:
        raise UsageError(f"no scenario's name holds {word}", "`netsonde lab list` lists them all")
    if as_json:
        for one in found:
            click.echo(json.dumps(_summary(one)))
        return
    table = _table()
    for one in found:
        table.add_row(Text(one.name, "bold"), one.description)
    _print(table)


@lab.command()
@click.argument("name")
def show(name: str) -> None:
    """Show a scenario, or a topology file: its drawing, its links, what happens in it."""
    scenario = read_scenario(name)
    _print(Text(f"{scenario.name}: {scenario.description}", "bold"))
    for label, text in (("original TNT", scenario.tnt), ("origin", scenario.origin)):
        if text:
            _print(Text(f"{label}: {text}"))
    if scenario.aliases:
        _print(Text(f"also: {', '.join(scenario.aliases)}"))
    found = Lab(scenario)
    targets = ", ".join(map(str, found.targets))
    _print(Text(f"seed: {found.seed}   targets: {targets}\n"))
    start = found.find_attachment(None).node
    end = scenario.targets[0] if scenario.targets else start
    for line in draw(found.topology, start, end):
        _print(Text(line))
    _print(Text(""))
    _print(_links(found))
    _print(_nodes(found))
    _print_incidents(scenario)


@lab.command("profiles")
@click.argument("name", required=False)
def show_profiles(name: str | None) -> None:
    """List the vendor profiles, or every value of one with its evidence."""
    found = profiles()
    table = _table()
    if name is None:
        for profile in found.values():
            pair = f"<{profile.knobs['te_ttl']},{profile.knobs['er_ttl']}>"
            table.add_row(Text(profile.name, "bold"), pair, profile.description)
    elif name in found:
        for knob, value in found[name].knobs.items():
            shown = json.dumps(value) if isinstance(value, dict | bool) else str(value)
            table.add_row(Text(knob, "bold"), shown, found[name].sources[knob])
    else:
        raise UsageError(f"there is no profile {name}", f"known: {', '.join(found)}")
    _print(table)


def _summary(scenario: Scenario) -> dict[str, object]:
    return {
        "name": scenario.name,
        "aliases": list(scenario.aliases),
        "description": scenario.description,
        "tnt": scenario.tnt,
        "origin": scenario.origin,
        "seed": scenario.topology.seed,
        "targets": [str(target) for target in Lab(scenario).targets],
    }


def _links(found: labs.Lab) -> RichTable:
    table = _table()
    for item in found.topology.attachments:
        for host, router in item.interfaces():
            table.add_row(Text(item.name, "bold"), str(host), str(router), item.node, "")
    for near, near_addresses, far_addresses, far, notes in link_table(found.topology):
        table.add_row(Text(near, "bold"), near_addresses, far_addresses, far, Text(notes, "dim"))
    return table


def _nodes(found: labs.Lab) -> RichTable:
    table = _table()
    domains = {name: one for one in found.topology.domains for name in one.members}
    for node in found.topology.nodes:
        domain = domains.get(node.name)
        own = ", ".join(f"{knob} = {value}" for knob, value in node.behaviour.items())
        table.add_row(
            Text(node.name, "bold"),
            node.profile if node.role != "python" else "python",
            f"mpls {domain.name}" if domain else "",
            Text(own, "dim"),
        )
    return table


def _print_incidents(scenario: Scenario) -> None:
    topology = scenario.topology
    for domain in topology.domains:
        knobs = {"ttl": domain.ttl, "pop": domain.pop, "labels": domain.labels}
        told = ", ".join(f"{knob} {value}" for knob, value in knobs.items() if value)
        _print(Text(f"mpls {domain.name}: {told or 'as the profiles have it'}"))
    for lsp in topology.lsps:
        _print(Text(f"lsp {lsp.name}: {' '.join(lsp.path)} for {', '.join(map(str, lsp.fec))}"))
    for fault in topology.faults:
        _print(Text(f"fault at {fault.at_ns / 1e9:g} s: {json.dumps(dict(fault.action))}"))
    for mutator in topology.mutators:
        settings = json.dumps(dict(mutator.settings)) if mutator.settings else ""
        _print(Text(f"mutator on {mutator.link}: {mutator.mutation} {settings}"))


def _table() -> RichTable:
    return RichTable(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))


def _print(what: Text | RichTable) -> None:
    width = None if sys.stdout.isatty() else 120
    Console(file=sys.stdout, highlight=False, emoji=False, width=width).print(what)
