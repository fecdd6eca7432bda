"""What the image is told of its card."""

from netsonde.runtime._card import Card

BOTH = Card(
    frames=True,
    descriptor=3,
    addresses=("5.1.0.1/30", "2a00:5:1::1/64"),
    gateways=("5.1.0.2", "2a00:5:1::2"),
    mtu=1500,
)


def test_words() -> None:
    assert BOTH.words() == [
        "card=ethernet",
        "ip=5.1.0.1/30",
        "ip6=2a00:5:1::1/64",
        "gw=5.1.0.2",
        "gw6=2a00:5:1::2",
    ]
    bare = BOTH._replace(frames=False, addresses=("5.1.0.1/30",), gateways=("5.1.0.2",))
    assert bare.words() == ["card=ip", "ip=5.1.0.1/30", "gw=5.1.0.2"]


def test_sources() -> None:
    assert BOTH.source(4) == "5.1.0.1"
    assert BOTH.source(6) == "2a00:5:1::1"
    assert BOTH._replace(addresses=()).source(4) is None
