"""Where Python code lives: private modules, plain packages, a test beside each source."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.tidy.tree import at, files

PACKAGE = "src/netsonde"

#: Modules without a test file of their own, each with the reason.
UNPAIRED: dict[str, str] = {}

_LAZY = {"__getattr__", "__dir__"}


def pairing(root: Path) -> list[str]:
    """`src/netsonde/lab/_topology.py` has `tests/lab/test_topology.py`, or files that begin so."""
    return [
        at(root, path, 1, f"has no test file {test.relative_to(root).as_posix()}.py")
        for path in _modules(root)
        if path.relative_to(root).as_posix() not in UNPAIRED
        and not (test := _test_of(root, path)).with_suffix(".py").exists()
        and not list(test.parent.glob(f"{test.name}_*.py"))
    ]


def exemptions(root: Path) -> list[str]:
    """A module that is exempt from pairing is there, and has no test after all."""
    return [
        f"{name}:1: is exempt from pairing without need"
        for name in UNPAIRED
        if not (root / name).exists() or _test_of(root, root / name).with_suffix(".py").exists()
    ]


def private_modules(root: Path) -> list[str]:
    """What a package offers, its `__init__` names: the modules behind it are private."""
    return [
        at(root, path, 1, "a module behind __init__ starts with _")
        for path in _modules(root)
        if not path.name.startswith("_")
    ]


def quiet_inits(root: Path) -> list[str]:
    """`__init__.py` re-exports and does nothing; it may do so lazily."""
    return [
        at(root, path, node.lineno, "__init__ re-exports and does nothing")
        for path in _inits(root)
        for node in ast.parse(path.read_text()).body
        if not _is_quiet(node)
    ]


def exports(root: Path) -> list[str]:
    """`__all__` is sorted and equals the names that `__init__.py` imports."""
    problems = []
    for path in _inits(root):
        tree = ast.parse(path.read_text())
        imported, listed = set(_imported(tree)), _all(tree)
        if listed is None:
            if imported:
                problems.append(at(root, path, 1, "re-exports without __all__"))
        elif set(listed) - _LAZY != imported:
            wrong = ", ".join(sorted(set(listed) ^ imported))
            problems.append(at(root, path, 1, f"__all__ and the re-exports differ: {wrong}"))
    return problems


def shortcuts(root: Path) -> list[str]:
    """Below the command line nothing goes through the package itself, but to the binary module."""
    return [
        at(root, path, node.lineno, "import from the room, not from the package")
        for path in _modules(root)
        if path.parent != root / PACKAGE and path.parent.name != "cli"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom) and _is_shortcut(node)
    ]


def _modules(root: Path) -> Iterator[Path]:
    return (path for path in files(root, ".py", under=PACKAGE) if path.name != "__init__.py")


def _inits(root: Path) -> Iterator[Path]:
    return (path for path in files(root, ".py", under=PACKAGE) if path.name == "__init__.py")


def _test_of(root: Path, path: Path) -> Path:
    """Return the path of a module's test, without its ending."""
    inner = path.relative_to(root / PACKAGE)
    return root / "tests" / inner.parent / f"test_{inner.stem.strip('_')}"


def _is_shortcut(node: ast.Import | ast.ImportFrom) -> bool:
    match node:
        case ast.Import(names=names):
            return any(alias.name == "netsonde" for alias in names)
        case ast.ImportFrom(module="netsonde", names=names):
            return any(alias.name != "_core" for alias in names)
    return False


def _is_quiet(node: ast.stmt) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=[]):
            return all(map(_is_quiet, body))
        case ast.FunctionDef(name=name):
            return name in _LAZY
    return False


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield the names that come from the package itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and _is_ours(node):
            yield from (alias.asname or alias.name for alias in node.names)


def _is_ours(node: ast.ImportFrom) -> bool:
    return node.level > 0 or (node.module or "").split(".")[0] == "netsonde"


def _all(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                return list(ast.literal_eval(value))
    return None
