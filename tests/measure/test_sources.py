"""The sources of packed targets."""

from netsonde.measure._sources import Sources
from netsonde.measure._streams import pack, unpack
from netsonde.model import HostError, Target

TARGETS = [
    Target(address="5.2.0.1", source="0.0.0.0"),
    Target(address="2a00::1", source="::"),
    Target(address="5.3.0.1", source="0.0.0.0"),
]


def source(target: str) -> str:
    if target == "5.3.0.1":
        raise HostError("no route", "")
    return "2a00::ff" if ":" in target else "5.1.0.1"


def test_each_target_gets_its_source_or_is_counted() -> None:
    filled, lost = Sources(source).fill(pack(TARGETS))
    assert lost == pack(TARGETS[2:])
    assert list(unpack(filled)) == [
        Target(address="5.2.0.1", source="5.1.0.1"),
        Target(address="2a00::1", source="2a00::ff"),
    ]


def test_one_per_family_is_asked_for_once() -> None:
    asked = []

    def ask(target: str) -> str:
        asked.append(target)
        return source(target)

    filled, lost = Sources(ask, is_one_per_family=True).fill(pack(TARGETS))
    assert (asked, lost) == (["5.2.0.1", "2a00::1"], b"")
    assert [target.source for target in unpack(filled)] == ["5.1.0.1", "2a00::ff", "5.1.0.1"]
    assert Sources(ask).fill(b"") == (b"", b"")
