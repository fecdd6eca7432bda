"""JSON values of a file, one by one, with their places."""

import json
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.formats import _values
from netsonde.formats._stream import Source
from netsonde.formats._values import lines, values
from netsonde.model import FormatError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=9,
)


@given(
    elements=st.lists(JSON, max_size=5),
    indent=st.none() | st.integers(0, 2),
    chunk=st.integers(1, 9),
)
def test_an_array_is_read_element_by_element(
    elements: list[object], indent: int | None, chunk: int
) -> None:
    data = json.dumps(elements, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        data.decode()
    except UnicodeDecodeError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_values, "_CHUNK_BYTES", chunk)
        found = list(values(Source(BytesIO(data))))
    assert [one.value for one in found] == elements
    text = data.decode()
    for one in found:
        rest = data[one.offset :].decode()
        assert json.JSONDecoder().raw_decode(rest)[0] == one.value, text


def test_lines_have_numbers_and_offsets() -> None:
    assert list(lines(Source(BytesIO(b"a\n\n  b \nc")))) == [
        (1, 0, b"a"),
        (3, 3, b"b"),
        (4, 8, b"c"),
    ]


def test_a_long_line_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_values, "VALUE_BYTES_MAX", 10)
    with pytest.raises(FormatError, match="line 2: longer than 10 bytes") as caught:
        list(lines(Source(BytesIO(b"short\n" + b"x" * 99))))
    assert caught.value.offset == 6
