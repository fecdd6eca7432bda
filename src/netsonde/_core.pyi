"""The Rust side of netsonde: converts types, decides nothing."""

from ipaddress import IPv4Address, IPv6Address

SCHEMA: int
VERSION: str

def is_special_purpose(address: IPv4Address | IPv6Address | str, /) -> bool: ...
