"""Nodes written in Python: from `module:Class` to an object with `handle`."""

import importlib
from collections.abc import Mapping
from typing import cast

from netsonde.lab._elements import NodeHandler
from netsonde.model import UsageError


def make_nodes(handlers: Mapping[str, object]) -> dict[str, NodeHandler]:
    """Return a fresh handler per node name.

    A text is imported; a class or function is called without arguments; anything with
    `handle` is taken as it is, and keeps its state from run to run.

    Raises:
        UsageError: There is nothing to import, or what is there has no `handle`.
    """
    return {name: _make(name, handler) for name, handler in handlers.items()}


def _make(name: str, handler: object) -> NodeHandler:
    found = _import(name, handler) if isinstance(handler, str) else handler
    if isinstance(found, type) or (callable(found) and not hasattr(found, "handle")):
        found = found()
    if not callable(getattr(found, "handle", None)):
        raise UsageError(
            f"node {name}: expected an object with a method `handle`, found {found!r}",
            "def handle(self, now_ns, interface, packet): return []",
        )
    return cast("NodeHandler", found)


def _import(name: str, path: str) -> object:
    module, separator, attribute = path.partition(":")
    if not separator:
        raise UsageError(f'node {name}: expected "module:Class", found "{path}"')
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"node {name}: cannot import {path}: {error}",
            "the module must be on Python's path; the working directory is",
        ) from error
