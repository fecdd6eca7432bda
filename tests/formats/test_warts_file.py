"""Lists and cycles, told before what names them."""

from netsonde.formats import Opaque, ScamperCycle, ScamperCycleStop, ScamperList, ScamperTrace
from tests.formats.samples import read, write


def test_what_a_record_names_is_told_before_it() -> None:
    first, second = ScamperList(name="a", monitor="vp"), ScamperList(name="b", list_id=7)
    cycle = ScamperCycle(list=first, cycle_id=3, started_s=5, host="h")
    records = [
        ScamperTrace(list=second, cycle=cycle),
        ScamperTrace(list=first, cycle=cycle),
        Opaque(type_=9, data=b"x"),
        ScamperCycleStop(cycle=cycle, stopped_s=9),
    ]
    found = read(write(records, "warts"), "warts")
    assert found == [first, cycle, second, *records]


def test_equal_lists_are_one_list() -> None:
    records = [ScamperTrace(list=ScamperList(name="a")) for _ in range(2)]
    assert len(read(write(records, "warts"), "warts")) == 3


def test_a_definition_is_no_start() -> None:
    cycle = ScamperCycle(list=ScamperList(name="a"), is_definition=True, stopped_s=4)
    assert read(write([cycle], "warts"), "warts")[-1] == cycle
