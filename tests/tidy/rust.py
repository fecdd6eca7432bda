"""Just enough Rust to find functions: comments and literals blanked, braces matched."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FUNCTION = re.compile(r"\bfn\s+([A-Za-z_]\w*)")

#: Comments, strings (raw, byte, C) and characters; a lifetime has no closing quote and stays.
_OPAQUE = re.compile(
    r"""
      //[^\n]*
    | \b[bc]?r(?P<hashes>\#*)".*?"(?P=hashes)
    | [bc]?"(?:\\.|[^"\\])*"
    | b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[0-9a-fA-F_]+\}|.)|[^'\\\n])'
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Function:
    """A function with a body: where it starts and how many lines it takes."""

    name: str
    line: int
    lines: int


def blank(source: str) -> str:
    """Return the source with comments and literals as spaces: every offset and line stays."""
    return _OPAQUE.sub(lambda match: _spaces(match[0]), _without_block_comments(source))


def functions(source: str) -> Iterator[Function]:
    """Yield every function that has a body, nested ones too."""
    code = blank(source)
    for match in _FUNCTION.finditer(code):
        start = _body(code, match.end())
        if start is not None:
            first = code.count("\n", 0, match.start())
            last = code.count("\n", 0, _closing(code, start))
            yield Function(match[1], first + 1, last - first + 1)


def _body(code: str, position: int) -> int | None:
    """Return where the body opens; None for a declaration, which ends in a semicolon."""
    depth = 0
    for offset in range(position, len(code)):
        match code[offset]:
            case "(" | "[":
                depth += 1
            case ")" | "]":
                depth -= 1
            case "{" if depth == 0:
                return offset
            case ";" if depth == 0:
                return None
    return None


def _closing(code: str, opening: int) -> int:
    depth = 0
    for offset in range(opening, len(code)):
        depth += {"{": 1, "}": -1}.get(code[offset], 0)
        if depth == 0:
            return offset
    return len(code) - 1


def _without_block_comments(source: str) -> str:
    """Blank block comments, which nest; a comment sign within a literal opens none."""
    pieces: list[str] = []
    position = 0
    tokens = re.compile(_OPAQUE.pattern + r"|(?P<block>/\*)", re.VERBOSE | re.DOTALL)
    while match := tokens.search(source, position):
        if not match["block"]:
            pieces.append(source[position : match.end()])
            position = match.end()
            continue
        end = _comment_end(source, match.start())
        pieces += source[position : match.start()], _spaces(source[match.start() : end])
        position = end
    return "".join(pieces) + source[position:]


def _comment_end(source: str, start: int) -> int:
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(source, start):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(source)


def _spaces(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
