"""Narrow places in words."""

from netsonde.model import MtuChange, MtuSource, PathMtu
from netsonde.report import path_mtu_lines


def change(router: str | None, said: int | None, found: MtuSource) -> MtuChange:
    return MtuChange(probe_ttl=3, before=1500, after=1400, found=found, router=router, said=said)


def words(found: PathMtu | None) -> list[str]:
    return [text.plain for text in path_mtu_lines(found)]


def test_nothing_is_said_of_what_was_not_asked() -> None:
    assert words(None) == []


def test_a_path_without_a_narrow_place_takes_one_line() -> None:
    assert words(PathMtu(start=1500, mtu=1500, sent=1)) == ["path MTU 1500, 1 probe"]


def test_who_said_so_is_told_and_whether_it_holds() -> None:
    told, search = MtuSource.PACKET_TOO_BIG, MtuSource.SEARCH
    cases = {
        change("5.1.0.2", 1400, told): "5.1.0.2 says so",
        change("5.1.0.2", 1300, search): "5.1.0.2 says 1300, found by trying",
        change("5.1.0.2", 0, search): "5.1.0.2 names none, found by trying",
        change(None, None, search): "nobody says so, larger packets vanish",
    }
    for each, why in cases.items():
        lines = words(PathMtu(start=1500, mtu=1400, changes=(each,), sent=4))
        assert lines == [
            "MTU 1500 up to hop 2",
            f"MTU 1400 from hop 3: {why}",
            "path MTU 1400, 4 probes",
        ]


def test_what_was_cut_short_says_so() -> None:
    assert words(PathMtu(start=1500, sent=3, incomplete=True)) == [
        "path MTU not found, cut short, 3 probes"
    ]
