"""Addresses are told once in a record."""

import pytest

from netsonde.formats._warts_scope import (
    File,
    Malformed,
    Scope,
    address_bytes,
    address_text,
    read_address,
    write_address,
)


def test_the_second_time_an_address_is_a_number() -> None:
    scope = Scope(File())
    told = (
        write_address("5.1.0.2", scope)
        + write_address("::1", scope)
        + write_address("5.1.0.2", scope)
    )
    assert told.hex() == "0401050100021002" + "00" * 15 + "010000000000"
    scope, at, found = Scope(File()), 0, []
    for _ in range(3):
        address, at = read_address(told, at, scope)
        found.append(address)
    assert found == ["5.1.0.2", "::1", "5.1.0.2"]


@pytest.mark.parametrize("data", ["0000000000", "040205010002", "05010501000203", "04010501"])
def test_addresses_that_cannot_be(data: str) -> None:
    with pytest.raises(Malformed):
        read_address(bytes.fromhex(data), 0, Scope(File()))


def test_texts() -> None:
    assert address_text(3, bytes(range(6))) == "00-01-02-03-04-05"
    assert address_bytes("00-01-02-03-04-05") == bytes(range(6))
    for text in ("", "nowhere", "1.2.3", ":::", "1.2.3.4.5"):
        with pytest.raises(ValueError, match="no address"):
            address_bytes(text)
