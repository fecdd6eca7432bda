"""How to find all paths to a target."""

import msgspec
import pytest

from netsonde.model import Algorithm, MultipathMethod, MultipathOptions


def test_the_defaults_are_polite() -> None:
    options = MultipathOptions()
    assert options.method is MultipathMethod.UDP_SPORT
    assert options.algorithm is Algorithm.MDA_LITE
    assert (options.confidence, options.destinations, options.tnt) == (95, 0, False)


@pytest.mark.parametrize("confidence", [0, 49.9, 100])
def test_no_confidence_is_absurd(confidence: float) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"confidence": confidence}, MultipathOptions)
