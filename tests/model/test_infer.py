"""The formulas, as Python sees them."""

import pytest

from netsonde import _core
from netsonde.model import frpla, initial_ttl, opaque_length, return_length, rtla, uturn


def test_three_hidden_routers_give_three() -> None:
    assert frpla(te_ttl=250, probe_ttl=3) == 3
    assert rtla(te_ttl=250, er_ttl=62) == 3
    assert uturn(te_ttl=250, er_ttl=62) == 3
    assert opaque_length(252) == 3


def test_what_cannot_be_told_is_none() -> None:
    assert rtla(te_ttl=250, er_ttl=250) is None
    assert opaque_length(100) is None


def test_ttls() -> None:
    assert (initial_ttl(62), return_length(62)) == (64, 3)


@pytest.mark.parametrize("ttl", [-1, 256])
def test_a_ttl_has_eight_bits(ttl: int) -> None:
    with pytest.raises(OverflowError):
        initial_ttl(ttl)


def test_vendors_of_a_signature_the_likeliest_first() -> None:
    shares = _core.vendor_shares(255, 64)
    assert shares[0][0] == "Juniper"
    assert [share for _, share in shares] == sorted((share for _, share in shares), reverse=True)
    assert _core.vendor_shares(1, 2) == []
