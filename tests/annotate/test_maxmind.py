"""MaxMind's format, written here by hand: its library reads, and does not write."""

import struct
from pathlib import Path

import pytest

from netsonde.annotate import open_database
from netsonde.model import FormatError

ASN = {"autonomous_system_number": 64500, "autonomous_system_organization": "Example"}
CITY = {"country": {"iso_code": "DE"}, "city": {"names": {"en": "Berlin"}}}
IPINFO = {"asn": "AS64500", "as_name": "Example", "country": "DE"}


def encode(value: object) -> bytes:
    """Return a value as the data section holds it (maxmind.github.io/MaxMind-DB, version 2.0)."""
    if isinstance(value, dict):
        pairs = b"".join(encode(key) + encode(each) for key, each in value.items())
        return bytes([7 << 5 | len(value)]) + pairs
    if isinstance(value, str):
        text = value.encode()
        short = len(text) < 29
        return bytes([2 << 5 | (len(text) if short else 29)]) + (
            text if short else bytes([len(text) - 29]) + text
        )
    if isinstance(value, list):
        return bytes([len(value), 4]) + b"".join(map(encode, value))
    if isinstance(value, bytes):  # a number, ready made
        return value
    assert isinstance(value, int)
    return bytes([6 << 5 | 4]) + struct.pack("!I", value)


def uint16(value: int) -> bytes:
    """Return a number of the type that the metadata asks for."""
    return bytes([5 << 5 | 2]) + struct.pack("!H", value)


def write(path: Path, record: object) -> Path:
    """Write a database in which 0.0.0.0/1 has a record and the rest has none."""
    nodes = 1
    tree = (nodes + 16).to_bytes(3) + nodes.to_bytes(3)
    metadata = {
        "node_count": nodes,
        "record_size": uint16(24),
        "ip_version": uint16(4),
        "database_type": "Test",
        "languages": ["en"],
        "binary_format_major_version": uint16(2),
        "binary_format_minor_version": uint16(0),
        "build_epoch": bytes([8, 2]) + struct.pack("!Q", 1),
        "description": {"en": "test"},
    }
    marker = b"\xab\xcd\xefMaxMind.com"
    path.write_bytes(tree + bytes(16) + encode(record) + marker + encode(metadata))
    return path


def test_systems(tmp_path: Path) -> None:
    found = open_database(write(tmp_path / "a.mmdb", ASN)).lookup("5.1.2.3")
    assert found is not None
    assert (found.asn, found.as_name, found.prefix) == (64500, "Example", "0.0.0.0/1")


def test_places(tmp_path: Path) -> None:
    found = open_database(write(tmp_path / "a.mmdb", CITY)).lookup("5.1.2.3")
    assert found is not None
    assert (found.city, found.country, found.asn) == ("Berlin", "DE", None)


def test_the_fields_of_ipinfo(tmp_path: Path) -> None:
    found = open_database(write(tmp_path / "a.mmdb", IPINFO)).lookup("5.1.2.3")
    assert found is not None
    assert (found.asn, found.as_name, found.country) == (64500, "Example", "DE")


@pytest.mark.parametrize("address", ["200.0.0.1", "2a00::1"])
def test_what_it_does_not_hold_is_unknown(tmp_path: Path, address: str) -> None:
    assert open_database(write(tmp_path / "a.mmdb", ASN)).lookup(address) is None


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mmdb", ASN)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FormatError):
        open_database(path)
