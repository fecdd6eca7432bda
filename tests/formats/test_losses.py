"""What is left out is counted by kind, and named once."""

from netsonde.formats import Losses


def test_losses() -> None:
    losses = Losses()
    assert not losses
    for _ in range(3):
        losses.record("packet")
        losses.field("labels")
    losses.field("a name")
    assert losses
    assert list(losses.lines()) == [
        "left out: 3 x packet", "written without labels", "written without a name",
    ]  # fmt: skip
