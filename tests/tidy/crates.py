"""Which crate may know which, and what the pure ones may not do."""

import re
import tomllib
from pathlib import Path
from typing import Any

from tests.tidy import rust
from tests.tidy.tree import at, files

#: For each crate, the crates of ours that it may depend on. ARCHITECTURE.md draws the same.
KNOWS = {
    "netsonde-wire": set[str](),
    "netsonde-probe": {"netsonde-wire"},
    "netsonde-lab": {"netsonde-wire"},
    "netsonde-link": {"netsonde-wire"},
    "netsonde-columns": {"netsonde-probe"},
    "netsonde-image": {"netsonde-wire", "netsonde-probe"},
    "netsonde-pack": set[str](),
    "netsonde-py": {
        "netsonde-wire",
        "netsonde-probe",
        "netsonde-lab",
        "netsonde-link",
        "netsonde-columns",
        "netsonde-image",
        "netsonde-pack",
    },
}

#: Tests of the probe core run it on the lab; the lab never knows the core.
KNOWS_IN_TESTS = {"netsonde-probe": {"netsonde-lab"}}

#: Bytes and time in, bytes and events out.
SANS_IO = ("netsonde-wire", "netsonde-probe", "netsonde-lab")

#: Where there is no safe way: system calls, and a machine without an operating system.
UNSAFE = ("netsonde-link", "netsonde-image")

_IMPURE = re.compile(
    r"\b(?:Instant::now|SystemTime|std::(?:thread|fs|net::(?:Udp|Tcp)\w*|process|env)"
    r"|HashMap|HashSet|println!|eprintln!|dbg!|thread_rng|from_os_rng)"
)


def directions(root: Path) -> list[str]:
    """Each crate is known, shares the workspace's version and lints, and knows only what it may."""
    problems = []
    for path in sorted((root / "crates").glob("*/Cargo.toml")):
        manifest = tomllib.loads(path.read_text())
        name = manifest["package"]["name"]
        for wrong in _wrong_in(name, manifest):
            problems.append(at(root, path, 1, wrong))
    return problems


def sans_io(root: Path) -> list[str]:
    """No clock, thread, file, socket, print or unordered map where measurements are decided."""
    return [
        at(root, path, line, f"{match[0]} in a crate without I/O")
        for crate in SANS_IO
        for path in files(root, ".rs", under=f"crates/{crate}/src")
        for line, text in enumerate(rust.blank(path.read_text()).splitlines(), 1)
        if (match := _IMPURE.search(text))
    ]


def no_unsafe(root: Path) -> list[str]:
    """`unsafe` is for what touches descriptors or devices."""
    problems = [
        at(root, path, line, f"unsafe outside {', '.join(UNSAFE)}")
        for path in files(root, ".rs", under="crates")
        if not any(f"crates/{crate}/" in path.as_posix() for crate in UNSAFE)
        for line, text in enumerate(rust.blank(path.read_text()).splitlines(), 1)
        if re.search(r"\bunsafe\b", text)
    ]
    return problems + [
        at(root, root / f"crates/{crate}/src/lib.rs", 1, "lacks #![forbid(unsafe_code)]")
        for crate in SANS_IO
        if (source := root / f"crates/{crate}/src/lib.rs").exists()
        and "#![forbid(unsafe_code)]" not in source.read_text()
    ]


def _wrong_in(name: str, manifest: dict[str, Any]) -> list[str]:
    if name not in KNOWS:
        return [f"{name} has no place in ARCHITECTURE.md"]
    wrong = [
        f"{name} may not know {other}" for other in _ours(manifest, "dependencies") - KNOWS[name]
    ]
    tests = KNOWS[name] | KNOWS_IN_TESTS.get(name, set())
    wrong += [
        f"tests of {name} may not know {other}"
        for other in _ours(manifest, "dev-dependencies") - tests - {name}
    ]
    if manifest["package"].get("version") != {"workspace": True}:
        wrong.append("there is one version: version.workspace = true")
    if manifest.get("lints") != {"workspace": True}:
        wrong.append("lints are the workspace's: [lints] workspace = true")
    return wrong


def _ours(manifest: dict[str, Any], table: str) -> set[str]:
    return {name for name in manifest.get(table, {}) if name.startswith("netsonde-")}
