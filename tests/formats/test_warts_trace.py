"""Optional data of traces that scamper recorded."""

from netsonde import formats
from netsonde.formats import ScamperTrace
from tests.formats.samples import CAPTURES


def traces(name: str) -> list[ScamperTrace]:
    return [
        one for one in formats.read(CAPTURES / f"{name}.warts") if isinstance(one, ScamperTrace)
    ]


def test_path_mtu_discovery() -> None:
    found = [one.pmtud for one in traces("trace-optional-data") if one.pmtud]
    assert {(one.interface_mtu, one.path_mtu, one.version) for one in found} == {(1_500, 1_400, 2)}
    first = found[0]
    assert (first.notes[0].mtu, first.notes[0].hop, len(first.hops)) == (1_400, 0, 2)
    assert first.hops[0].mtu == 1_400


def test_doubletree() -> None:
    found = [one for one in traces("trace-optional-data") if one.doubletree]
    assert {one.stop_reason for one in found} == {1, 8}, "the target, or the global stop set"
    stops = {one.stop_reason: one.doubletree.global_stop for one in found if one.doubletree}
    assert stops == {1: None, 8: "198.18.2.2"}
    assert any(one.doubletree.local_name == "lss" for one in found if one.doubletree)


def test_the_last_ditch() -> None:
    found = [one for one in traces("trace-silent") if one.gap_action == 2]
    assert len(found) == 1
    assert found[0].last_ditch in (None, ())


def test_methods_ports_and_user_ids() -> None:
    found = traces("trace-methods")
    assert {one.method for one in found} == {1, 2, 3, 4, 5, 6}
    assert {(one.user_id, one.tos) for one in found} == {(n, 4 * n) for n in range(1, 7)}
    assert {one.list.monitor for one in found if one.list} == {"vp.example"}
    assert {one.cycle.cycle_id for one in found if one.cycle} == {3}
    assert {hop.tcp_flags for one in found for hop in one.hops} == {None, 0x04, 0x14}
