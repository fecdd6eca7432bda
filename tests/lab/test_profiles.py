"""Vendor profiles are data, and every value has its evidence."""

import pytest

from netsonde.lab import TopologyError, profiles
from netsonde.lab._profiles import read_profile

#: <time exceeded, echo reply> of the design's table.
SIGNATURES = {
    "cisco-ios": (255, 255),
    "cisco-iosxr": (255, 255),
    "junos": (255, 64),
    "junose": (128, 128),
    "nokia-sros": (64, 64),
    "mikrotik": (64, 64),
    "huawei-vrp": (255, 255),
    "h3c": (255, 255),
    "linux": (64, 64),
    "netbsd": (255, 255),
    "host": (64, 64),
}


def test_all_vendors_of_the_design_are_there_with_their_signature() -> None:
    found = {
        name: (profile.knobs["te_ttl"], profile.knobs["er_ttl"])
        for name, profile in profiles().items()
    }
    assert found == SIGNATURES


@pytest.mark.parametrize("name", SIGNATURES)
def test_every_value_has_its_evidence(name: str) -> None:
    profile = profiles()[name]
    assert profile.description
    assert set(profile.sources) == set(profile.knobs)
    assert all(len(source) > 10 for source in profile.sources.values())


def test_what_makes_vendors_different() -> None:
    found = profiles()
    assert [name for name, profile in found.items() if profile.knobs.get("uhp_quirk")] == [
        "cisco-ios",
        "cisco-iosxr",
    ]
    everything = [
        name for name, profile in found.items() if profile.knobs.get("labels") == "all-prefixes"
    ]
    assert everything == ["cisco-ios", "cisco-iosxr", "mikrotik"]
    linux = found["linux"].knobs
    assert linux["label_expiry"] == "silent"
    assert linux["pop_rule"] == "decrement-unchecked"
    assert linux["icmp"] == {"rate_pps": 1.0, "burst": 6, "scope": "destination", "echo": False}
    assert found["netbsd"].knobs["extensions"] == "length-and-checksum-zero"
    assert not found["netbsd"].knobs["whole_stack"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[te_ttl]\nvalue = 0\nsource = "x"', "te_ttl: expected an integer from 1 to 255"),
        ("[te_ttl]\nvalue = 64", "te_ttl.source: expected the evidence"),
        ('[ttl_te]\nvalue = 64\nsource = "x"', 'found "ttl_te"'),
        ('[te_ttl]\nvalue = 64\nsource = "x"\nnote = 1', 'found "note"'),
    ],
)
def test_a_broken_profile_is_refused(content: str, message: str) -> None:
    with pytest.raises(TopologyError, match=message):
        read_profile("x", content)
