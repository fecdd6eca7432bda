"""The reference page of the schema, made from the schema itself."""

import json
from typing import Any

from netsonde import model
from netsonde.model import SCHEMA, json_schema

_HEAD = f"""\
# Jobs and results as JSON

Version {SCHEMA}. `netsonde schema` prints the same as JSON Schema (2020-12), for validators.

A job is one JSON object, a result stream one JSON object a line (`--json`): a `start`, results as
they come, and exactly one `done` or `failed` at the end. Fields of text that are addresses are in
canonical form; times are integer nanoseconds on the vantage's monotonic clock. A change that
could break a reader changes the version; a job of another version is refused.
"""

_RECORDS_HEAD = """\
# Records

What [events](schema.md) are made of; jobs have [options](options.md) besides. `null` stands
where a field says so.
"""


_MULTIPATH_HEAD = """\
# Records of multipath

What the [multipath event](schema.md) is made of, besides [other records](records.md).
"""


_FINGERPRINT_HEAD = """\
# Records of fingerprint

What the [fingerprint event](schema.md) is made of, besides [other records](records.md).
"""


_TCP_HEAD = """\
# Records of tcp

What the [tcp event](schema.md) is made of, besides [other records](records.md).
"""


_ALIAS_HEAD = """\
# Records of alias

What the [alias event](schema.md) is made of, besides [other records](records.md).
"""


_OPTIONS_HEAD = """\
# Options

What a [job](schema.md#the-job) is made of: targets, budgets, and the options of each kind.
"""


def schema_page() -> str:
    """Return the page of the events and the job."""
    schema, tags = json_schema(), _tags()
    definitions = schema["$defs"]
    parts = [_HEAD, "## Events\n"]
    parts += [_section(name, definitions[name], f"`{tag}`") for name, tag in tags.items()]
    return "\n".join([*parts, _section("Job", definitions["Job"], "The job", "##")])


def records_page() -> str:
    """Return the page of the records that events are made of."""
    return _page(_RECORDS_HEAD, "records.md")


def options_page() -> str:
    """Return the page of the records that only jobs are made of."""
    return _page(_OPTIONS_HEAD, "options.md")


def multipath_page() -> str:
    """Return the page of the records that the events of multipath are made of."""
    return _page(_MULTIPATH_HEAD, "records-multipath.md")


def fingerprint_page() -> str:
    """Return the page of the records that the events of fingerprint are made of."""
    return _page(_FINGERPRINT_HEAD, "records-fingerprint.md")


def tcp_page() -> str:
    """Return the page of the records that the events of tcp are made of."""
    return _page(_TCP_HEAD, "records-tcp.md")


def alias_page() -> str:
    """Return the page of the records that the events of alias are made of."""
    return _page(_ALIAS_HEAD, "records-alias.md")


def _page(head: str, page: str) -> str:
    definitions = json_schema()["$defs"]
    rest = sorted(set(definitions) - set(_tags()) - {"Job"})
    shown = [name for name in rest if _page_of(name) == page]
    return "\n".join([head, *(_section(name, definitions[name], name, "##") for name in shown)])


def _page_of(name: str) -> str:
    is_of_job = name.endswith("Options") or name in ("Budget", "PrefixLimits", "Target")
    module = getattr(model, name).__module__.rpartition(".")[2]
    of_results = {
        "_alias": "records-alias.md",
        "_fingerprint": "records-fingerprint.md",
        "_multipath": "records-multipath.md",
        "_tcp": "records-tcp.md",
    }
    return "options.md" if is_of_job else of_results.get(module, "records.md")


def _tags() -> dict[str, str]:
    mapping = json_schema()["discriminator"]["mapping"]
    return {_name(ref): tag for tag, ref in mapping.items()}


def _section(name: str, definition: dict[str, Any], title: str, level: str = "###") -> str:
    lines = [f"{level} {title}\n", definition.get("description", name) + "\n"]
    if "enum" in definition:
        lines.append(", ".join(f"`{value}`" for value in definition["enum"]) + "\n")
        return "\n".join(lines)
    lines += ["| field | type | meaning |", "| --- | --- | --- |"]
    for field, value in definition["properties"].items():
        text = value.get("description", "Tells the records apart.")
        if "default" in value and not isinstance(value["default"], dict | list):
            text += f" Default: `{json.dumps(value['default'])}`."
        lines.append(f"| `{field}` | {_type(value)} | {text.replace('|', '&#124;')} |")
    return "\n".join(lines) + "\n"


def _type(value: dict[str, Any]) -> str:
    if "$ref" in value:
        name = _name(value["$ref"])
        return f"[{name}]({_page_of(name)}#{name.lower()})"
    if "anyOf" in value:
        return " or ".join(map(_type, value["anyOf"]))
    if "enum" in value:
        return ", ".join(f"`{each}`" for each in value["enum"])
    if value.get("type") == "array":
        items = value.get("items") or value.get("prefixItems", [{}])[0]
        return f"list of {_type(items)}" if items else "list"
    if value.get("type") == "integer":
        low, high = value.get("minimum"), value.get("maximum")
        span = f" {low} to {high}" if high is not None else f" from {low}" if low else ""
        return f"integer{span}"
    return str(value.get("type", "any"))


def _name(ref: str) -> str:
    return ref.rpartition("/")[2]
