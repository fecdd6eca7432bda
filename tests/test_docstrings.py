"""The examples in docstrings run, and give what they say."""

import asyncio
import doctest
import importlib
import pkgutil
import re
import textwrap
from collections.abc import Iterator

import pytest

import netsonde
from netsonde.measure._host import Host


def modules() -> Iterator[str]:
    """Yield the name of every module of the package."""
    yield "netsonde"
    for module in pkgutil.walk_packages(netsonde.__path__, "netsonde."):
        yield module.name


def awaited(example: doctest.Example) -> doctest.Example:
    """Return the example with an event loop around what needs one: doctest knows none."""
    source = re.sub(r"\bawait (.+)", r"asyncio.run(\1)", example.source)
    if source.startswith("async "):
        function = "async def example():\n" + textwrap.indent(example.source, "    ")
        source = f"exec({function + 'asyncio.run(example())'!r})" + "\n"
    return doctest.Example(source, example.want, example.exc_msg, example.lineno, example.indent)


@pytest.mark.parametrize("name", list(modules()))
def test_examples(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "run", None)  # examples measure in labs: no packet leaves
    module = importlib.import_module(name)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=flags)
    report: list[str] = []
    for found in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        found.examples = [awaited(example) for example in found.examples]
        found.globs |= {"asyncio": asyncio, "netsonde": netsonde}
        runner.run(found, out=report.append)
    assert not report, "".join(report)
