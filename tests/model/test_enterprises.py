"""Enterprise numbers."""

from netsonde.model._enterprises import ENTERPRISES


def test_numbers_that_rfcs_and_manuals_name_are_right() -> None:
    # RFC 3411 and net-snmp's manual name these.
    assert ENTERPRISES[9] == "Cisco"
    assert ENTERPRISES[8072] == "Net-SNMP"
    assert list(ENTERPRISES) == sorted(ENTERPRISES)
    assert len(set(ENTERPRISES.values())) == len(ENTERPRISES)
