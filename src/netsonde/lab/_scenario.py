"""Scenarios: topology files with what they show, by name from the package or by path."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from netsonde.lab._reader import Table, suggest
from netsonde.lab._topology import Topology, parse_toml, read_file
from netsonde.model import UsageError

_OPTIONS = "a table of options of that name in a job"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A topology to measure, and why.

    Attributes:
        name: Of the file, without `.toml`.
        topology: Numbered and checked.
        description: What it shows, in one sentence.
        tnt: What the original TNT does there; empty if nobody has tried.
        origin: Where the configuration comes from.
        aliases: Other names of it.
        targets: Names of nodes, or addresses; what `lab run` measures.
        path: Of the file, if it is none of the package's.
        options: Of the job, by section (`trace`, `tnt`): what the scenario needs.
    """

    name: str
    topology: Topology
    description: str = ""
    tnt: str = ""
    origin: str = ""
    aliases: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    path: str = ""
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def scenario_names() -> list[str]:
    """Return the names of the scenarios that come with netsonde, aliases left out."""
    return sorted(_texts())


def read_scenario(name: str) -> Scenario:
    """Return the scenario of that name or alias, or the one in that file.

    A name is taken for a file if it ends in `.toml` or holds a `/`.

    Raises:
        UsageError: There is no such scenario.
        TopologyError: Its file is malformed.
    """
    if name.endswith(".toml") or "/" in name:
        return replace(parse_scenario(Path(name).stem, read_file(name), name), path=name)
    found = _aliases().get(name)
    if found is None:
        hint = suggest(name, _aliases())
        if "did you mean" not in hint:
            hint = "`netsonde lab list` lists them; a file's name ends in .toml"
        raise UsageError(f"there is no scenario {name}", hint)
    return parse_scenario(found, _texts()[found], f"{found}.toml")


def parse_scenario(name: str, content: str, file: str) -> Scenario:
    """Return the scenario that a TOML text describes.

    Raises:
        TopologyError: The text is malformed.
    """
    table = parse_toml(content, file)
    description = table.take_text("description")
    tnt, origin = table.take_text("tnt"), table.take_text("origin")
    aliases, targets = table.take_names("aliases"), table.take_names("targets")
    options = _take_options(table)
    topology = Topology.take(table).build()
    table.finish()
    hosts = tuple(node.name for node in topology.nodes if node.role == "host")
    return Scenario(
        name=name,
        topology=topology,
        description=description,
        tnt=tnt,
        origin=origin,
        aliases=aliases,
        targets=targets or hosts[:1],
        options=options,
    )


def _take_options(table: Table) -> dict[str, dict[str, Any]]:
    options = table.take_table("options")
    if options is None:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for section in ("ping", "trace", "tnt"):
        part = options.take(section, _OPTIONS, _table, None)
        if part is not None:
            found[section] = part
    options.finish()
    return found


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(value)
    return value


@functools.cache
def _texts() -> Mapping[str, str]:
    folder = files("netsonde.lab") / "scenarios"
    return {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }


@functools.cache
def _aliases() -> Mapping[str, str]:
    """Return the file name for every name and alias."""
    found: dict[str, str] = {}
    for name, content in _texts().items():
        aliases = parse_toml(content, f"{name}.toml").take_names("aliases")
        found |= dict.fromkeys((name, *aliases), name)
    return found
