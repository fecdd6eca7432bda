"""Random records: every field of every type, made from the types themselves."""

from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

_ADDRESSES = st.sampled_from(["5.1.0.2", "255.0.0.1", "::", "2a00:5::1", "2a00:5:1:2:3:4:5:6"])
_PREFIXES = st.sampled_from(["5.9.0.0/16", "5.2.0.1/32", "::/0", "2a00::/12"])
_UINT64_MAX = 2**64 - 1
#: Fields of text that are addresses.
_ADDRESS_FIELDS = {
    "a",
    "address",
    "addresses",
    "alias",
    "b",
    "destination",
    "entry",
    "exit",
    "rejected",
    "responder",
    "router",
    "source",
    "target",
}


@cache
def records(record: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Return a strategy for any value of a record type."""
    hints = get_type_hints(record, include_extras=True)
    fields = {name: _field(name, hints[name]) for name in record.__struct_fields__}
    return st.builds(record, **fields)


def _field(name: str, hint: object) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if name == "share_percent":
        # Of 32 bits on the Rust side.
        return st.floats(0, 100, width=32).map(lambda value: round(value, 1))
    if name == "confidence":
        return st.sampled_from([50.0, 95.0, 99.99])
    if origin in (Union, UnionType):
        return st.one_of([_field(name, each) for each in arguments])
    if origin is tuple and arguments[-1] is Ellipsis:
        # At most one: replies in hops in traces in results are many enough.
        return st.lists(_field(name, arguments[0]), max_size=1).map(tuple)
    if origin is tuple:
        return st.tuples(*(_field(name, each) for each in arguments))
    return _plain(name, hint, arguments)


def _plain(name: str, hint: object, arguments: tuple[object, ...]) -> st.SearchStrategy[Any]:
    if bounds := [part for part in arguments if isinstance(part, msgspec.Meta)]:
        high = next((part.le for part in bounds if part.le is not None), _UINT64_MAX)
        low = next(part.ge for part in bounds if part.ge is not None)
        return st.integers(int(low or 0), int(high or 0))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return records(hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    if hint is str and name == "exclude":
        return _PREFIXES
    if hint is str:
        return _ADDRESSES if name in _ADDRESS_FIELDS else st.text(max_size=8)
    simple: dict[object, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        float: st.integers(0, 2**20).map(lambda value: value / 8),
        int: st.just(1),
        type(None): st.none(),
    }
    return simple[hint]
