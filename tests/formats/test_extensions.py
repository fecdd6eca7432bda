"""ICMP extension objects: known ones by what they say, others byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsonde.formats import IcmpExtension
from netsonde.formats._extensions import from_objects, to_objects
from netsonde.model import Interface, Label, Unknown


def test_a_label_stack() -> None:
    data = bytes.fromhex("03ee80fe0000110f")
    labels, others = from_objects([IcmpExtension(class_=1, type_=1, data=data)])
    assert labels == (
        Label(label=16_104, tc=0, bottom=False, ttl=254),
        Label(label=1, tc=0, bottom=True, ttl=15),
    )
    assert others == ()
    assert to_objects(labels, ()) == (IcmpExtension(class_=1, type_=1, data=data),)


@pytest.mark.parametrize(
    ("type_", "data", "expected"),
    [
        (
            0x0B,
            "00000007" "08" "78652d30000000" "00002328",
            Interface(role=0, if_index=7, name="xe-0", mtu=9_000),
        ),
        (0x4C, "00000009" "00010000" "05010002", Interface(role=1, if_index=9, address="5.1.0.2")),
        (0x84, "00020000" + "2a00" + "00" * 13 + "01", Interface(role=2, address="2a00::1")),
    ],
)  # fmt: skip
def test_interface_information(type_: int, data: str, expected: Interface) -> None:
    one = IcmpExtension(class_=2, type_=type_, data=bytes.fromhex(data))
    assert from_objects([one]) == ((), (expected,))
    assert to_objects((), (expected,)) == (one,)


@given(
    st.lists(
        st.builds(
            IcmpExtension,
            class_=st.integers(2, 255),
            type_=st.integers(0, 255),
            data=st.binary(max_size=24),
        )
    )
)
def test_whatever_is_no_label_stack_survives(objects: list[IcmpExtension]) -> None:
    labels, others = from_objects(objects)
    assert labels == ()
    assert list(to_objects((), others) or ()) == objects


@given(name=st.text(max_size=80), mtu=st.none() | st.integers(0, 2**32 - 1))
def test_any_interface_can_be_written(name: str, mtu: int | None) -> None:
    (one,) = to_objects((), (Interface(role=3, name=name, mtu=mtu, address="nowhere"),)) or ()
    assert len(one.data) % 4 == 0


def test_a_payload_that_is_no_hexadecimal_is_empty() -> None:
    (one,) = to_objects((), (Unknown(class_=9, c_type=1, payload="x"),)) or ()
    assert one == IcmpExtension(class_=9, type_=1)
