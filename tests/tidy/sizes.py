"""Small files, small functions."""

import ast
from pathlib import Path

from tests.tidy import rust
from tests.tidy.tree import at, files

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60


def file_sizes(root: Path) -> list[str]:
    """One concept per file: nothing that people read is longer than 400 lines."""
    return [
        at(root, path, count, f"file of {count} lines; the limit is {FILE_LINES_MAX}")
        for path in files(root, ".py", ".pyi", ".rs", ".sh", ".md", ".toml", "Makefile")
        if (count := len(path.read_text().splitlines())) > FILE_LINES_MAX
    ]


def python_functions(root: Path) -> list[str]:
    """No Python function is longer than 60 lines, docstring and decorators included."""
    return [
        _too_long(root, path, node.name, node.lineno, lines)
        for path in files(root, ".py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := _lines(node)) > FUNCTION_LINES_MAX
    ]


def rust_functions(root: Path) -> list[str]:
    """No Rust function is longer than 60 lines."""
    return [
        _too_long(root, path, function.name, function.line, function.lines)
        for path in files(root, ".rs")
        for function in rust.functions(path.read_text())
        if function.lines > FUNCTION_LINES_MAX
    ]


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return (node.end_lineno or node.lineno) - first + 1


def _too_long(root: Path, path: Path, name: str, line: int, lines: int) -> str:
    return at(root, path, line, f"{name} has {lines} lines; the limit is {FUNCTION_LINES_MAX}")
