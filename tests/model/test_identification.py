"""Who made a router."""

import msgspec

from netsonde.model import Evidence, Identification, VendorCount


def test_one_vendor_is_a_name_and_several_are_shares() -> None:
    one = Identification(
        address="192.0.2.1",
        evidence=Evidence.OUI,
        signature="00:11:22",
        vendors=(VendorCount(vendor="A"),),
    )
    assert (one.vendor, str(one)) == ("A", "A (exact)")
    two = msgspec.structs.replace(
        one, vendors=(VendorCount(vendor="A", count=1), VendorCount(vendor="B", count=1))
    )
    assert (two.vendor, two.unique) == (None, False)
    assert msgspec.json.decode(msgspec.json.encode(two), type=Identification) == two
    assert b'"type":"identification"' in msgspec.json.encode(two)
