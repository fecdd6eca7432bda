"""Writes `netsonde/_sync.py`, the synchronous twins of `netsonde/measure/_functions.py`.

Run it after a change there: `python tests/measure/twins.py`.
"""

import ast
import inspect
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/netsonde/measure/_functions.py"
TWINS = ROOT / "src/netsonde/_sync.py"

_HEAD = '''\
"""The measuring functions for callers without an event loop.

Generated from `netsonde/measure/_functions.py` by `tests/measure/twins.py`: change it there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from netsonde import measure
from netsonde.measure import _blocking
'''


def twins(source: str) -> str:
    """Return the synchronous module for the public async functions of `source`."""
    functions = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_")
    ]
    return "\n\n".join([_HEAD + _imports(functions), *map(_twin, functions)])


def _imports(functions: list[ast.AsyncFunctionDef]) -> str:
    """Return the imports that the annotations take."""
    text = " ".join(
        f"{ast.unparse(function.args)} {ast.unparse(function.returns or function.args)}"
        for function in functions
    )
    names = sorted(
        set(re.findall(r"[A-Z]\w+", text)) - {"AsyncGenerator", "Iterable", "None", "Unpack"}
    )
    keywords = [name for name in names if name.endswith("Keywords")]
    records = [name for name in names if name not in keywords]
    return "\n".join(
        [
            "",
            "if TYPE_CHECKING:",
            "    from collections.abc import Generator, Iterable",
            "",
            _import("netsonde.measure", keywords),
            _import("netsonde.model", records),
            "",
        ]
    )


def _import(module: str, names: list[str]) -> str:
    line = f"    from {module} import {', '.join(names)}"
    if len(line) <= 100:
        return line
    inner = "".join(f"        {name},\n" for name in names)
    return f"    from {module} import (\n{inner}    )"


def _twin(function: ast.AsyncFunctionDef) -> str:
    first = function.args.args[0]
    assert first.annotation
    assert function.args.kwarg
    assert function.args.kwarg.annotation
    assert function.returns
    returns = ast.unparse(function.returns)
    runner = "run"
    if match := re.fullmatch(r"AsyncGenerator\[(\w+), None\]", returns):
        returns, runner = f"Generator[{match[1]}, None, None]", "iterate"
    argument = f"{first.arg}: {ast.unparse(first.annotation)}"
    options = f"**options: {ast.unparse(function.args.kwarg.annotation)}"
    name = function.name
    head = f"def {name}({argument}, {options}) -> {returns}:"
    if len(head) > 100:
        head = f"def {name}(\n    {argument}, {options}\n) -> {returns}:"
    text = _without_async(inspect.cleandoc(ast.get_docstring(function) or ""))
    doc = "\n".join(f"    {line}".rstrip() for line in f'"""{text}\n"""'.splitlines())
    if "\n" not in text:
        doc = f'    """{text}"""'
    call = f"measure.{name}({first.arg}, **options)"
    return f'{head}\n{doc}\n    return _blocking.{runner}({call}, "{name}")\n'


def _without_async(text: str) -> str:
    text = re.sub(r"\b(async|await) ", "", text)
    return re.sub(r"(>>> .*?)(?<![.\w])(\w+)\(", _qualified, text)


def _qualified(match: re.Match[str]) -> str:
    """Return a call as callers of the package write it, if it is one of the twins."""
    is_twin = match[2] in _names(SOURCE.read_text())
    return f"{match[1]}netsonde.{match[2]}(" if is_twin else match[0]


def _names(source: str) -> set[str]:
    return {node.name for node in ast.parse(source).body if isinstance(node, ast.AsyncFunctionDef)}


if __name__ == "__main__":
    TWINS.write_text(twins(SOURCE.read_text()))
