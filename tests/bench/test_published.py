"""Figures of others beside ours."""

from netsonde.bench import summaries
from netsonde.bench._published import PUBLISHED, beside
from tests.bench.rows import WHOLE


def test_ours_stand_above() -> None:
    found = beside(summaries(WHOLE))
    ours = [one for one in found if one.system.startswith("netsonde: ")]
    assert [one.system for one in ours] == [
        "netsonde: process", "netsonde: unikernel", "netsonde: full VM",
    ]  # fmt: skip
    assert found[: len(ours)] == ours
    assert ours[1].image == "0.200 MB"
    assert ours[1].memory == "guest RAM touched 0.200 MB"
    assert ours[0].time == "first packet 1.5 ms"


def test_it_is_said_of_each_what_compares() -> None:
    assert all(one.compares for one in PUBLISHED)
    names = " ".join(one.system for one in PUBLISHED)
    for name in ("uTNT", "Unikraft", "Firecracker", "LightVM", "Lupine", "Mirage", "Docker"):
        assert name in names
