"""Cards by descriptor or by name, into the lab or this host."""

import pytest

from netsonde.runtime import LabNetwork
from netsonde.runtime._wire import wire
from tests.runtime.stand_in import lab


@pytest.mark.parametrize("frames", [True, False])
def test_the_lab_s_card_is_a_descriptor(frames: bool) -> None:
    with wire(LabNetwork(lab()), frames=frames, by_name=False) as (card, plug):
        assert card.frames == frames
        assert card.descriptor is not None
        assert plug is None


@pytest.mark.root
def test_by_name_it_is_plugged_in_later() -> None:
    with wire(LabNetwork(lab()), frames=True, by_name=True) as (card, plug):
        assert card.descriptor is None
        assert card.frames
        assert plug is not None
