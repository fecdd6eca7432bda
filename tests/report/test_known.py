"""What others know of an address."""

from netsonde.report import nothing


def test_nothing_is_known_of_any_address() -> None:
    assert nothing("192.0.2.1") == ""
