"""What people read: links that resolve, promises with their proof, changes well named."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.tidy.tree import at, files

#: A machine's own folders, which mean nothing on another.
_FOREIGN = re.compile(r"(?<![\w.~$}])/(?:home|Users|root|work)/[\w.]")

#: A note to finish later: finish it, or open an issue.
_UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|XX" + r"X)\b")

_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_FRAGMENT = re.compile(r"\d+(?:-[a-z0-9-]+)?\.(?:added|changed|fixed|removed)\.md")
_RULE = re.compile(r"\|[\s:|-]+\|")
_PROOF = re.compile(r"`([\w./-]+\.(?:py|rs|sh))(?:::(\w+))?`")

_TEXT = (".py", ".pyi", ".rs", ".md", ".toml", ".yml", ".sh", ".txt", "Makefile", ".ci/run")


def words(root: Path) -> list[str]:
    """Nothing names a folder of the machine it was written on, nor is left to finish later."""
    return [
        at(root, path, line, f"write this otherwise: {match[0]}")
        for path in files(root, *_TEXT)
        for line, text in enumerate(path.read_text().splitlines(), 1)
        for pattern in (_FOREIGN, _UNFINISHED)
        if (match := pattern.search(text))
    ]


def links(root: Path) -> list[str]:
    """Links between our pages lead to a file, and to a heading where they name one."""
    problems = []
    for path in files(root, ".md"):
        text = _FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), path.read_text())
        for match in _LINK.finditer(text):
            if not re.match(r"[a-z]+:", match[1]) and not _resolves(path, match[1]):
                line = text.count("\n", 0, match.start()) + 1
                problems.append(at(root, path, line, f"link leads nowhere: {match[1]}"))
    return problems


def fragments(root: Path) -> list[str]:
    """`changes/` holds `<number>[-<name>].<added|changed|fixed|removed>.md`, each with its text."""
    return [
        at(root, path, 1, "not a changelog fragment, or an empty one")
        for path in sorted((root / "changes").glob("*"))
        if path.name != "README.md"
        and not (_FRAGMENT.fullmatch(path.name) and path.read_text().strip())
    ]


def promises(root: Path) -> list[str]:
    """Each promise of SPECIFICATION.md names the test or benchmark that shows it, or is pending."""
    page = root / "SPECIFICATION.md"
    return [
        at(root, page, line, problem)
        for line, cells in _rows(page.read_text())
        if (problem := _unproved(root, cells[-1]))
    ]


def site(root: Path) -> list[str]:
    """The site's navigation lists every page of `docs/`, and nothing else."""
    listed = re.findall(r"([\w./-]+\.md)\s*$", (root / "mkdocs.yml").read_text(), re.MULTILINE)
    pages = {
        path.relative_to(root / "docs").as_posix() for path in files(root, ".md", under="docs")
    }
    missing = [f"mkdocs.yml:1: does not list docs/{page}" for page in sorted(pages - set(listed))]
    return missing + [
        f"mkdocs.yml:1: docs/{page} does not exist" for page in sorted(set(listed) - pages)
    ]


def _resolves(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name) if name else page
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in set(_anchors(target.read_text()))


def _anchors(text: str) -> Iterator[str]:
    """Yield a page's explicit anchors, and those that headings get, here and on code hosts."""
    yield from re.findall(r'<a id="([\w-]+)">', text)
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        kept = re.sub(r"[^\w\s-]", "", heading.strip().lower())
        yield re.sub(r"\s", "-", kept)
        yield re.sub(r"[\s-]+", "-", kept)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of every table, headings and rules apart, with their line."""
    lines = text.splitlines()
    for line, row in enumerate(lines, 1):
        following = lines[line] if line < len(lines) else ""
        if row.startswith("|") and not _RULE.fullmatch(row) and not _RULE.fullmatch(following):
            yield line, [cell.strip() for cell in row.strip("|").split("|")]


def _unproved(root: Path, proof: str) -> str | None:
    if "*pending*" in proof:
        return None
    named = _PROOF.findall(proof)
    if not named:
        return "names no test or benchmark, nor is it *pending*"
    for file, name in named:
        path = root / file
        if not path.exists() or (name and name not in path.read_text()):
            return f"no such proof: {file}{'::' + name if name else ''}"
    return None
