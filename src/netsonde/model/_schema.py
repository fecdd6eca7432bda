"""The JSON Schema of jobs and events, generated from the types and their docstrings."""

import inspect
import re
from typing import Any

import msgspec

from netsonde.model._base import Record
from netsonde.model._event import Event
from netsonde.model._job import SCHEMA, Job


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one job and of one event.

    `$defs/Job` is what a vantage accepts; the top level is one line of what it gives.
    """
    (events, _), components = msgspec.json.schema_components(
        [Event, Job], ref_template="#/$defs/{name}"
    )
    for name, definition in components.items():
        _describe(definition, _ATTRIBUTES.get(name, {}))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:netsonde:schema:{SCHEMA}",
        "title": "netsonde events",
        "description": "One line of a result stream; $defs/Job is the job that asks for it.",
        **events,
        "$defs": components,
    }


def attributes(record: type) -> dict[str, str]:
    """Return what the docstring of a record says of each field.

    Examples:
        >>> attributes(Job)["kind"]
        'What is measured.'
    """
    _, _, section = (inspect.getdoc(record) or "").partition("Attributes:\n")
    found = re.findall(r"^    (\w+): (.*(?:\n        .*)*)", section, flags=re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text) for name, text in found}


def _describe(definition: dict[str, Any], texts: dict[str, str]) -> None:
    if text := definition.get("description"):
        definition["description"], _, _ = inspect.cleandoc(text).partition("\n\nAttributes:")
    for name, schema in definition.get("properties", {}).items():
        if text := texts.get(name, texts.get(f"{name}_")):
            schema["description"] = text


def _records(root: type) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    record: type
    for record in root.__subclasses__():
        found[record.__name__] = attributes(root) | attributes(record)
        found.update(_records(record))
    return found


_ATTRIBUTES = _records(Record)
