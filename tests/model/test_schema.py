"""The JSON Schema."""

from typing import Any

from netsonde.model import SCHEMA, TntOptions, attributes, json_schema


def test_the_schema_names_its_version_and_every_event() -> None:
    schema = json_schema()
    assert schema["$id"] == f"urn:netsonde:schema:{SCHEMA}"
    assert set(schema["discriminator"]["mapping"]) == {
        "start", "ping-reply", "hop", "ping", "trace", "tnt", "alias", "multipath", "fingerprint",
        "tcp", "progress", "done", "failed",
    }  # fmt: skip
    assert "Job" in schema["$defs"]


def test_every_type_and_every_field_is_described() -> None:
    silent = []
    for name, definition in json_schema()["$defs"].items():
        if not definition.get("description"):
            silent.append(name)
        properties: dict[str, Any] = definition.get("properties", {})
        silent += [
            f"{name}.{field}"
            for field, value in properties.items()
            if field not in ("type", "object") and not value.get("description")
        ]
    assert not silent


def test_descriptions_hold_no_docstring_markup() -> None:
    assert "Attributes:" not in str(json_schema())


def test_attributes_join_continued_lines() -> None:
    assert attributes(TntOptions)["reveal_64_64"].endswith("on which the triggers are blind.")
