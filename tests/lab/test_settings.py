"""The keywords of the builder are the keys of the file."""

from typing import get_type_hints

import pytest

from netsonde.lab import _settings as settings
from netsonde.lab._knobs import KNOBS
from netsonde.lab._read import (
    read_attachment,
    read_domain,
    read_ecmp,
    read_link,
    read_lsp,
    read_node,
)
from netsonde.lab._reader import Table, TopologyError


def known_keys(error: TopologyError) -> set[str]:
    """Return the keys that the hint of an unknown key lists."""
    assert error.hint.startswith("known: ")
    return set(error.hint.removeprefix("known: ").split(", "))


def keywords(of: type) -> set[str]:
    return set(get_type_hints(of))


def test_knobs() -> None:
    assert keywords(settings.KnobSettings) == set(KNOBS)


@pytest.mark.parametrize(
    ("read", "given", "of", "positional"),
    [
        (lambda table: read_node("a", table, ["host"]), {}, settings.NodeSettings, set()),
        (
            lambda table: read_link("a-b", table, ["a", "b"]),
            {},
            settings.LinkSettings,
            {"ends"},
        ),
        (
            lambda table: read_domain("d", table),
            {"members": []},
            settings.DomainSettings,
            {"members"},
        ),
        (
            lambda table: read_lsp("l", table),
            {"path": ["a", "b"], "fec": "5.2.0.0/24"},
            settings.LspSettings,
            {"path", "fec"},
        ),
        (lambda table: read_ecmp("a", table), {}, settings.EcmpSettings, set()),
        (
            lambda table: read_attachment("vp", table),
            {"node": "a"},
            settings.AttachmentSettings,
            {"node"},
        ),
    ],
)
def test_each_kind(read, given, of, positional) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with pytest.raises(TopologyError) as caught:
        read(Table("net.toml", "here", {**given, "qqqqqqqq": 1}))
    assert known_keys(caught.value) == keywords(of) | positional
