"""Each house rule on a good sample and on bad ones: a rule that cannot fail is none."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tidy import crates, layout, prose, sizes

Rule = Callable[[Path], list[str]]

LONG = "    pass\n" * 60
MANIFEST = """
[package]
name = "{name}"
version.workspace = true
[lints]
workspace = true
[{table}]
{other} = "1"
"""


def write(root: Path, name: str, text: str = "") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


GOOD: list[tuple[Rule, dict[str, str]]] = [
    (sizes.file_sizes, {"src/a.py": "x\n" * 400, "target/b.py": "x\n" * 999}),
    (sizes.python_functions, {"src/a.py": f"def f():\n{LONG[:-9]}"}),
    (sizes.rust_functions, {"a.rs": "fn f() {\n" + "\n" * 58 + "}\n" + "// fn g() {\n" * 99}),
    (layout.pairing, {"src/netsonde/lab/_a.py": "", "tests/lab/test_a.py": ""}),
    (layout.pairing, {"src/netsonde/lab/_a.py": "", "tests/lab/test_a_more.py": ""}),
    (layout.private_modules, {"src/netsonde/_a.py": "", "src/netsonde/__init__.py": ""}),
    (layout.quiet_inits, {"src/netsonde/__init__.py": '"""Doc."""\nfrom ._a import b\n'}),
    (layout.exports, {"src/netsonde/__init__.py": 'from ._a import b\n__all__ = ["b"]\n'}),
    (layout.shortcuts, {"src/netsonde/lab/_a.py": "from netsonde import _core"}),
    (layout.shortcuts, {"src/netsonde/cli/_a.py": "import netsonde"}),
    (crates.sans_io, {"crates/netsonde-wire/src/a.rs": "// HashMap\nuse std::fmt;"}),
    (crates.no_unsafe, {"crates/netsonde-link/src/a.rs": "unsafe { f() }"}),
    (prose.words, {"docs/a.md": "/usr/bin, ~/work/here and https://x.example/home/you"}),
    (
        prose.links,
        {"a.md": "[b](docs/b.md#the-end) [c](https://x.example)", "docs/b.md": "# The end"},
    ),
    (prose.links, {"a.md": "[b](b.md#x-1)", "b.md": '<a id="x-1"></a>X'}),
    (prose.links, {"a.md": "```\n[b](nowhere.md)\n```\n"}),
    (prose.fragments, {"changes/2.added.md": "Text.", "changes/README.md": ""}),
    (prose.promises, {"SPECIFICATION.md": "| a | b |\n| --- | --- |\n| x | *pending* |"}),
    (
        prose.promises,
        {"SPECIFICATION.md": "| x | `t/a.py::test_a` |", "t/a.py": "def test_a(): ..."},
    ),
    (prose.site, {"mkdocs.yml": "nav:\n  - A: b/c.md\n", "docs/b/c.md": ""}),
]

BAD: list[tuple[Rule, dict[str, str], str]] = [
    (sizes.file_sizes, {"src/a.py": "x\n" * 401}, "src/a.py:401: file of 401 lines"),
    (sizes.file_sizes, {"docs/a.md": "x\n" * 401}, "docs/a.md:401"),
    (sizes.python_functions, {"src/a.py": f"def f():\n{LONG}"}, "src/a.py:1: f has 61 lines"),
    (sizes.python_functions, {"a.py": f"class A:\n  @x\n  async def f():\n{LONG}"}, "f has 62"),
    (sizes.rust_functions, {"a.rs": "\nfn f() {\n" + "\n" * 59 + "}"}, "a.rs:2: f has 61 lines"),
    (layout.pairing, {"src/netsonde/lab/_a.py": ""}, "has no test file tests/lab/test_a.py"),
    (layout.private_modules, {"src/netsonde/lab/a.py": ""}, "starts with _"),
    (layout.quiet_inits, {"src/netsonde/__init__.py": "x = open('f')"}, "does nothing"),
    (layout.quiet_inits, {"src/netsonde/__init__.py": "def f(): ..."}, "does nothing"),
    (layout.exports, {"src/netsonde/__init__.py": "from ._a import b"}, "without __all__"),
    (layout.exports, {"src/netsonde/__init__.py": '__all__ = ["c"]\nfrom ._a import b'}, "b, c"),
    (layout.shortcuts, {"src/netsonde/lab/_a.py": "from netsonde import measure"}, "from the room"),
    (layout.shortcuts, {"src/netsonde/lab/_a.py": "\nimport netsonde"}, "_a.py:2: import"),
    (crates.sans_io, {"crates/netsonde-lab/src/a.rs": "use std::thread;"}, "a.rs:1: std::thread"),
    (crates.sans_io, {"crates/netsonde-probe/src/a.rs": "\nHashMap::new()"}, "a.rs:2: HashMap"),
    (crates.no_unsafe, {"crates/netsonde-py/src/a.rs": "unsafe { f() }"}, "unsafe outside"),
    (crates.no_unsafe, {"crates/netsonde-wire/src/lib.rs": "//! wire"}, "forbid(unsafe_code)"),
    (prose.words, {"docs/a.md": "see /ho" + "me/me/x"}, "docs/a.md:1: write this otherwise"),
    (prose.words, {"src/a.py": "# TO" + "DO later"}, "src/a.py:1: write this otherwise"),
    (prose.links, {"a.md": "\n[b](nowhere.md)"}, "a.md:2: link leads nowhere"),
    (prose.links, {"a.md": "[b](b.md#end)", "b.md": "# The end"}, "b.md#end"),
    (prose.fragments, {"changes/2.better.md": "Text."}, "not a changelog fragment"),
    (prose.fragments, {"changes/2.added.md": "\n"}, "or an empty one"),
    (prose.promises, {"SPECIFICATION.md": "| x | trust us |"}, "names no test"),
    (
        prose.promises,
        {"SPECIFICATION.md": "| x | `t/a.py::test_b` |", "t/a.py": ""},
        "no such proof",
    ),
    (prose.site, {"mkdocs.yml": "nav:\n", "docs/a.md": ""}, "does not list docs/a.md"),
    (prose.site, {"mkdocs.yml": "nav:\n  - A: b.md\n"}, "docs/b.md does not exist"),
]


@pytest.mark.parametrize(("rule", "sample"), GOOD)
def test_a_good_sample_passes(tmp_path: Path, rule: Rule, sample: dict[str, str]) -> None:
    for name, text in sample.items():
        write(tmp_path, name, text)
    assert rule(tmp_path) == []


@pytest.mark.parametrize(("rule", "sample", "problem"), BAD)
def test_a_bad_sample_fails(
    tmp_path: Path, rule: Rule, sample: dict[str, str], problem: str
) -> None:
    for name, text in sample.items():
        write(tmp_path, name, text)
    assert any(problem in found for found in rule(tmp_path)), rule(tmp_path)


@pytest.mark.parametrize(
    ("name", "table", "other", "wrong"),
    [
        ("netsonde-lab", "dependencies", "netsonde-wire", None),
        ("netsonde-lab", "dependencies", "netsonde-probe", "may not know"),
        ("netsonde-probe", "dependencies", "netsonde-lab", "may not know"),
        ("netsonde-probe", "dev-dependencies", "netsonde-lab", None),
        ("netsonde-lab", "dev-dependencies", "netsonde-probe", "tests of"),
        ("netsonde-new", "dependencies", "netsonde-wire", "no place"),
    ],
)
def test_crates_know_only_what_they_may(
    tmp_path: Path, name: str, table: str, other: str, wrong: str | None
) -> None:
    manifest = MANIFEST.format(name=name, table=table, other=other)
    write(tmp_path, "crates/a/Cargo.toml", manifest)
    problems = crates.directions(tmp_path)
    assert (wrong is None and not problems) or (wrong is not None and wrong in problems[0])


def test_a_crate_shares_version_and_lints(tmp_path: Path) -> None:
    write(tmp_path, "crates/a/Cargo.toml", '[package]\nname = "netsonde-wire"\nversion = "9"\n')
    assert len(crates.directions(tmp_path)) == 2


def test_exemptions_are_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(layout.UNPAIRED, "src/netsonde/_a.py", "a reason")
    assert layout.exemptions(tmp_path), "the module is not there"
    write(tmp_path, "src/netsonde/_a.py")
    assert layout.exemptions(tmp_path) == []
    assert layout.pairing(tmp_path) == []
    write(tmp_path, "tests/test_a.py")
    assert layout.exemptions(tmp_path), "it has a test"
