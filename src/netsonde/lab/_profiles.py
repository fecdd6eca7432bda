"""Vendor profiles: TOML files of the package, each value with its evidence."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from netsonde.lab._knobs import take_knobs
from netsonde.lab._reader import Table, TopologyError


@dataclass(frozen=True, slots=True)
class Profile:
    """How the routers of one vendor behave.

    `knobs` and `sources` have the same keys: what a knob is set to, and how we know.
    """

    name: str
    description: str
    knobs: Mapping[str, Any]
    sources: Mapping[str, str]


@functools.cache
def profiles() -> Mapping[str, Profile]:
    """Return all profiles by name."""
    folder = files("netsonde.lab") / "profiles"
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    found = [
        read_profile(entry.name.removesuffix(".toml"), entry.read_text(encoding="utf-8"))
        for entry in entries
        if entry.name.endswith(".toml")
    ]
    return {profile.name: profile for profile in found}


def read_profile(name: str, content: str) -> Profile:
    """Return the profile that a TOML text describes: `knob = { value = ..., source = "..." }`.

    Raises:
        TopologyError: A knob is unknown, has a wrong value, or lacks its source.
    """
    file = f"{name}.toml"
    table = Table(file, "", tomllib.loads(content))
    description = table.take_text("description")
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for knob, entry in table.rest():
        values[knob] = entry.take_any("value")
        sources[knob] = entry.take_text("source")
        entry.finish()
        if not sources[knob]:
            raise TopologyError(
                file=file, key=f"{knob}.source", expected="the evidence", found="nothing"
            )
    checked = Table(file, "", values)
    knobs = take_knobs(checked)
    checked.finish()
    return Profile(name=name, description=description, knobs=knobs, sources=sources)
