"""Reads tables of a topology file key by key, and says exactly what is wrong with one."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from netsonde.lab._units import parse_duration, parse_rate
from netsonde.model import FormatError

T = TypeVar("T")

_FOUND_MAX = 60


class TopologyError(FormatError):
    """A topology that cannot be built.

    Args:
        file: The file, or "<python>" for one built by calls.
        key: Where in it, such as `link."pe1-p1".delay`.
        expected: What belongs there.
        found: What is there.
        hint: What to do about it.
        offset: Where in the file, in bytes, if one byte is to blame.
    """

    def __init__(
        self,
        *,
        file: str,
        key: str,
        expected: str,
        found: str,
        hint: str = "",
        offset: int | None = None,
    ) -> None:
        place = f"{file}: {key}" if key else file
        super().__init__(f"{place}: expected {expected}, found {found}", hint, offset=offset)
        self.file = file
        self.key = key
        self.expected = expected
        self.found = found


def show(value: object) -> str:
    """Return a value as an error message names it: short, and with its type where it helps."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a table"
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= _FOUND_MAX else text[: _FOUND_MAX - 1] + "…"


def suggest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known word, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known: {', '.join(names)}" if names else ""


def join(prefix: str, key: str) -> str:
    """Return a dotted key, quoting the last part where TOML would."""
    bare = bool(key) and all((char.isalnum() and char.isascii()) or char in "-_" for char in key)
    part = key if bare else f'"{key}"'
    return f"{prefix}.{part}" if prefix else part


class Table:
    """One table: each `take_*` removes a key, `finish` refuses what was not taken."""

    def __init__(self, file: str, key: str, content: object) -> None:
        self.file = file
        self.key = key
        if not isinstance(content, Mapping):
            raise TopologyError(file=file, key=key, expected="a table", found=show(content))
        self._left: dict[str, Any] = {str(name): value for name, value in content.items()}
        self._known: set[str] = set()

    def error(self, key: str, expected: str, found: str, hint: str = "") -> TopologyError:
        """Return the error for `key` of this table; an empty key means the table itself."""
        place = join(self.key, key) if key else self.key
        return TopologyError(file=self.file, key=place, expected=expected, found=found, hint=hint)

    def take(self, key: str, expected: str, convert: Callable[[Any], T], default: T) -> T:
        """Return the converted value of `key`; `convert` raises ValueError or TypeError to refuse.

        Raises:
            TopologyError: The value is refused.
        """
        self._known.add(key)
        if key not in self._left:
            return default
        value = self._left.pop(key)
        try:
            return convert(value)
        except (ValueError, TypeError) as error:
            raise self.error(key, expected, show(value)) from error

    def require(self, key: str, expected: str, convert: Callable[[Any], T], hint: str = "") -> T:
        """Like `take`, but the key must be there.

        Raises:
            TopologyError: The key is missing or its value is refused.
        """
        if key not in self._left:
            raise self.error(key, expected, "nothing", hint)
        absent: T = self._left[key]  # only for its type: the key is there
        return self.take(key, expected, convert, absent)

    def take_text(self, key: str, default: str = "") -> str:
        """Return a string."""
        return self.take(key, "a string", text, default)

    def take_bool(self, key: str, default: bool) -> bool:
        """Return true or false."""
        return self.take(key, "true or false", boolean, default)

    def take_int(self, key: str, low: int, high: int, default: int) -> int:
        """Return an integer from `low` to `high`."""
        return self.take(key, f"an integer from {low} to {high}", integer(low, high), default)

    def take_share(self, key: str, default: float = 0.0) -> float:
        """Return a probability."""
        return self.take(key, "a number from 0 to 1", share, default)

    def take_duration(self, key: str, default_ns: int) -> int:
        """Return nanoseconds."""
        return self.take(key, 'a duration such as "4ms"', duration, default_ns)

    def take_names(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of strings."""
        return self.take(key, "a list of names", names, default)

    def take_choice(self, key: str, choices: Iterable[str], default: str) -> str:
        """Return one of `choices`."""
        allowed = tuple(choices)
        self._known.add(key)
        value = self._left.get(key, default)
        if key in self._left and value not in allowed:
            hint = suggest(value, allowed) if isinstance(value, str) else ""
            raise self.error(key, f"one of {', '.join(allowed)}", show(value), hint)
        self._left.pop(key, None)
        return str(value)

    def take_table(self, key: str) -> "Table | None":
        """Return the table under `key`, if there is one."""
        self._known.add(key)
        if key not in self._left:
            return None
        return Table(self.file, join(self.key, key), self._left.pop(key))

    def take_tables(self, key: str) -> "list[tuple[str, Table]]":
        """Return the named tables under `key`, in file order."""
        table = self.take_table(key)
        return [] if table is None else table.rest()

    def take_list(self, key: str) -> "list[Table]":
        """Return the tables of an array of tables; a single table counts as an array of one."""
        self._known.add(key)
        value = self._left.pop(key, [])
        items = value if isinstance(value, list) else [value]
        place = join(self.key, key)
        return [Table(self.file, f"{place}[{n}]", item) for n, item in enumerate(items)]

    def take_any(self, key: str) -> Any:  # noqa: ANN401 - the caller looks
        """Return whatever is under `key`, None if nothing."""
        self._known.add(key)
        return self._left.pop(key, None)

    def rest(self) -> "list[tuple[str, Table]]":
        """Return everything left as named tables, in file order."""
        left, self._left = self._left, {}
        return [(name, Table(self.file, join(self.key, name), item)) for name, item in left.items()]

    def has(self, key: str) -> bool:
        """Tell whether `key` is there and not yet taken."""
        return key in self._left

    def inherit(self, content: Mapping[str, Any]) -> None:
        """Add the keys of `content` that are not there."""
        self._left = {**content, **self._left}

    def keys(self) -> tuple[str, ...]:
        """Return the keys that are there and not yet taken, in file order."""
        return tuple(self._left)

    def peek(self, key: str) -> Any:  # noqa: ANN401 - the caller looks
        """Return the value of `key` without taking it, None if there is none."""
        return self._left.get(key)

    def finish(self) -> None:
        """Refuse the keys that nobody took.

        Raises:
            TopologyError: There is one.
        """
        for name in self._left:
            expected = "a known key"
            raise self.error("", expected, f'"{name}"', suggest(name, self._known))


def text(value: object) -> str:
    """Return a string; raise TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def boolean(value: object) -> bool:
    """Return true or false; raise TypeError for anything else."""
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def integer(low: int, high: int) -> Callable[[object], int]:
    """Return a converter to an integer from `low` to `high`."""

    def convert(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(value)
        return value

    return convert


def share(value: object) -> float:
    """Return a probability; raise for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(value)
    return float(value)


def duration(value: object) -> int:
    """Return nanoseconds from "4ms"; a bare number has no unit and is refused."""
    return parse_duration(text(value))


def rate(value: object) -> float:
    """Return events per second from "50/s"."""
    return parse_rate(text(value))


def names(value: object) -> tuple[str, ...]:
    """Return a tuple of strings from a list of them."""
    if not isinstance(value, list | tuple):
        raise TypeError(value)
    return tuple(text(item) for item in value)
